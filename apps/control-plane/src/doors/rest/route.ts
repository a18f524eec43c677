import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from '../../graphql/context.ts'
import { respondJson } from '../respond.ts'
import type { Fields } from './fields.ts'
import type { JsonSchema } from './json-schema.ts'
import type { ProblemCode } from './problem.ts'

/** One request that was let in: signed in, from a page of ours or from none, its parameters and body checked against the route's fields. */
export interface Call {
  request: IncomingMessage
  response: ServerResponse
  ctx: Context
  /** The part of the address that names a flow; empty where the route has none. */
  id: string
  /** The part that names an artifact of it. */
  name: string
  query: Record<string, unknown>
  body: Record<string, unknown>
  stopping: AbortSignal
  keepaliveMs: number
}

/** A success as the description tells it. No content: a status with nothing behind it. */
export interface Success { description: string; content?: Record<string, JsonSchema>; headers?: Record<string, string> }

/** A door of this family: what the dispatcher checks by and what the description is made from are the same. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT'
  path: string
  operationId: string
  /** A line; `description` says the rest. */
  summary: string
  description?: string
  query: Fields
  headers?: Record<string, string>
  /** The fields of the body; absent = it takes none. */
  body?: { name: string; fields: Fields; required: boolean }
  /** Its body is bytes that `run` reads itself, as they come. */
  upload?: boolean
  successes: Record<number, Success>
  /** Besides those that any route may answer. */
  refusals: ProblemCode[]
  /** Its answer goes on: a HEAD of it would read everything and show nothing. */
  streams?: boolean
  run(call: Call): Promise<unknown>
}

export const respondWith = ({ response }: Call, status: number, json: unknown, headers: Record<string, string> = {}): true =>
  respondJson(response, { status, json, headers: { vary: 'accept, authorization', ...headers } })

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Log } from '@sluice/db'
import type { Observing } from '../observe/request-facts.ts'
import { contained } from './contained.ts'
import { logWhenClosed } from './request-log.ts'
import { SenderLeft } from './read-body.ts'
import { respondRefused, type Door } from './respond.ts'
import { Problem, respondProblem } from './rest/problem.ts'

/** The port cannot be had; the message is one sentence that names it and the knob. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen'
}

/** Tries each door in order; the first that answers has answered. */
export const answerBy = (doors: Door[], told: { log: Log; observing: Observing }) => (request: IncomingMessage, response: ServerResponse): void => {
  logWhenClosed(request, response, told)
  void answer(doors, request, response).catch((error: Error) => fail(response, error, told.log))
}

async function answer(doors: Door[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const door of doors) if (await door(request, response)) return
  respondProblem(response, new Problem({ code: 'NOT_FOUND', message: 'There is nothing here; GET /openapi.json describes the doors there are.' }))
}

/** A bug, or a database that is away: masked either way. Nobody above catches, so what cannot even be told costs the connection. */
function fail(response: ServerResponse, error: Error, log: Log): void {
  contained(log, 'request.failed', { run: () => tell(response, error, log), drop: () => void response.destroy() })
}

function tell(response: ServerResponse, error: Error, log: Log): void {
  if (error instanceof SenderLeft) return void response.destroy()
  log({ event: 'request.failed', message: error.message, stack: error.stack })
  if (response.headersSent) return void response.destroy()
  respondRefused(response, { status: 503, code: 'INTERNAL_SERVER_ERROR', message: 'The server cannot answer now; try again.', headers: { 'retry-after': '1' } })
}

/** Listens. @throws CannotListen when the port is taken or not ours to take. */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new CannotListen(sentence(error, host, port))))
    server.listen(port, host, resolve)
  })
  return (server.address() as AddressInfo).port
}

/** Any other body has READ_WITHIN_MS of read-body.ts. */
const UPLOAD_WITHIN_MS = 3_600_000

export const createHttpServer = (): Server => createServer({ keepAliveTimeout: 65_000, headersTimeout: 60_000, requestTimeout: UPLOAD_WITHIN_MS })

const sentence = ({ code, message }: NodeJS.ErrnoException, host: string, port: number): string => {
  if (code === 'EADDRINUSE') return `Port ${port} on ${host} is taken by another program; stop it, or set PORT to another one.`
  if (code === 'EACCES') return `Port ${port} needs rights that this user does not have; set PORT to one above 1023.`
  return `It cannot listen on ${host}, port ${port} (HOST, PORT): ${message}.`
}

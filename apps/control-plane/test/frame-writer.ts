import type { TestWorker } from './server.ts'

export interface Lease { flowId: string; attempt: number; epoch: number }
export interface GivenFrame { sequence: number; kind: string; payload: unknown }
export interface FrameOf { attempt: number; sequence: number; kind: string; payload: unknown; cursor: string }
export interface FrameItem { kind: string; cursor: string; gap: boolean; end: string | null; frames: FrameOf[] | null }

const APPEND = `mutation ($input: AppendFramesInput!) { appendFrames(input: $input) {
  __typename ... on AppendFramesPayload { lastSequence } ... on Error { code message } ... on InvalidInput { path } } }`

/** Says what an attempt does, through the API. */
export async function append(worker: Pick<TestWorker, 'by'>, lease: Lease, frames: GivenFrame[]): Promise<Record<string, unknown>> {
  const { data, errors } = await worker.by.ask<{ appendFrames: Record<string, unknown> }>(APPEND, { input: { lease, frames } })
  if (data === null) throw new Error(JSON.stringify(errors))
  return data.appendFrames
}

export const lines = (from: number, to: number, payload: (n: number) => unknown = (n) => `line ${n}`): GivenFrame[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ sequence: from + at, kind: 'LOG', payload: payload(from + at) }))

export const FRAMES = 'subscription ($id: ID!, $after: Cursor) { flowFrames(id: $id, after: $after) { kind cursor gap end frames { attempt sequence kind payload cursor } } }'

/** attempt.sequence of all that came, in order. */
export const placesOf = (items: { frames: FrameOf[] | null }[]): string[] => items.flatMap(({ frames }) => (frames ?? []).map(({ attempt, sequence }) => `${attempt}.${sequence}`))
export const places = (attempt: number, from: number, to: number): string[] => lines(from, to).map(({ sequence }) => `${attempt}.${sequence}`)

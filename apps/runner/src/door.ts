/**
 * The door of one lease: how a command says something to the runner, and through it to the control plane, without ever seeing the runner's own
 * token. It listens on loopback while its command runs, and takes only what carries its own random token; both end with the command.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FlowFailure, Interruption, type FlowContext } from '@sluice/worker'
import { createQuestions, type Question, type Questions } from './questions.ts'
import type { Countdown } from './countdown.ts'

export interface Door extends Pick<Questions, 'isPassedOn'> {
  /** What the command finds it by. */
  readonly env: { SLUICE_URL: string; SLUICE_TOKEN: string }
  close(): void
}

export interface DoorOptions extends Pick<FlowContext, 'ask' | 'progress' | 'inputs'> {
  /** Rests while the command asks: waiting for people is not its fault. */
  countdown: Countdown
}

const BODY_MAX = 256 * 1024

export async function openDoor(o: DoorOptions): Promise<Door> {
  const token = randomBytes(32).toString('base64url')
  const { ask, isPassedOn } = createQuestions(o)
  const rooms: Record<string, (said: Record<string, unknown>) => Promise<object>> = {
    '/ask': said => ask(said as unknown as Question),
    '/progress': async ({ percent, message }) => {
      o.progress(typeof percent === 'number' ? percent : null, typeof message === 'string' ? message : undefined)
      return {}
    },
    '/inputs': async () => o.inputs,
  }
  const enter = async (request: IncomingMessage): Promise<Said> => {
    if (!carries(request, token)) return { status: 401, body: { code: 'UNAUTHENTICATED', message: 'this token is not of this lease' } }
    const room = request.method === 'POST' ? rooms[request.url ?? ''] : undefined
    if (!room) return { status: 404, body: { code: 'NOT_FOUND', message: `there is ${Object.keys(rooms).map(path => `POST ${path}`).join(', ')}` } }
    const said = await bodyOf(request)
    if (!said) return { status: 400, body: { code: 'INVALID_INPUT', message: `a body is a JSON object of at most ${BODY_MAX} bytes` } }
    return await room(said).then(body => ({ status: 200, body }), refusalOf)
  }
  const server = createServer((request, response) => void enter(request).then(said => send(response, said), () => response.destroy()))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    env: { SLUICE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, SLUICE_TOKEN: token },
    isPassedOn,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

interface Said { status: number; body: object }

/** What was asked cannot be asked (400), or there is nobody left to ask (409). */
function refusalOf(error: unknown): Said {
  if (error instanceof Interruption) return { status: 409, body: { code: error.reason.toUpperCase(), message: error.message } }
  if (error instanceof FlowFailure) return { status: 400, body: { code: error.code, message: error.message } }
  return { status: 409, body: { code: 'FAILED', message: error instanceof Error ? error.message : String(error) } }
}

/** Digests are compared, which are of one length. */
function carries({ headers }: IncomingMessage, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_MAX) return null
    chunks.push(chunk)
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const send = (response: ServerResponse, { status, body }: Said) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** What a receiver may do with a delivery, and the words that choose it: of an option, of a path, of a test. */
import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * stall: no answer, the connection stays. stall-body: headers and the beginning of a body, and no more. drop: hangs up without an answer.
 * reset: the same, rudely. garbage: what is no HTTP.
 */
export type Answer = { status: number; headers?: Record<string, string>; body?: string } | 'stall' | 'stall-body' | 'drop' | 'reset' | 'garbage'

export const OK: Answer = { status: 200, body: 'ok\n' }

/** One line for each word, for --help. */
export const ANSWER_WORDS = [
  ['ok', '200'],
  ['fail', '500'],
  ['STATUS, fail/STATUS', 'that status, 200 to 599'],
  ['STATUS/SECONDS', 'that status, and Retry-After: SECONDS'],
  ['redirect', '302 to /redirected here, which nobody should follow'],
  ['stall', 'no answer; the connection stays open'],
  ['stall-body', '200 and half a body, and then nothing'],
  ['drop', 'closes the connection without an answer'],
  ['reset', 'resets it'],
  ['garbage', 'answers with what is no HTTP'],
] as const

/** null when the text is none of the words. A slash before it is a path's. */
export function parseAnswer(text: string): Answer | null {
  const word = text.replace(/^\//, '').replace(/[?#].*$/, '')
  const [, status, seconds] = /^(?:fail\/)?(\d{3})(?:\/(\d{1,6}))?$/.exec(word) ?? []
  if (status !== undefined) return withStatus(Number(status), seconds)
  switch (word) {
    case 'ok': return OK
    case 'fail': return withStatus(500)
    case 'redirect': return { status: 302, headers: { location: '/redirected' } }
    case 'stall': case 'stall-body': case 'drop': case 'reset': case 'garbage': return word
    default: return null
  }
}

/** For the line that tells what was answered. */
export const nameOf = (answer: Answer): string =>
  (typeof answer === 'string' ? answer : `${answer.status}${answer.headers?.['retry-after'] ? `, Retry-After ${answer.headers['retry-after']}` : ''}`)

function withStatus(status: number, seconds?: string): Answer | null {
  if (status < 200 || status > 599) return null
  return { status, body: `${status}\n`, ...(seconds !== undefined && { headers: { 'retry-after': seconds } }) }
}

export function give(answer: Answer, { request, response }: { request: IncomingMessage; response: ServerResponse }): void {
  if (typeof answer !== 'string') return void response.writeHead(answer.status, answer.headers).end(answer.body)
  switch (answer) {
    case 'stall': return
    case 'stall-body': return void response.writeHead(200, { 'content-length': 1_000 }).write('half of ')
    case 'drop': return void request.socket.destroy()
    case 'reset': return void request.socket.resetAndDestroy()
    case 'garbage': return void request.socket.end('This is no HTTP.\r\n\r\n')
    default: return answer satisfies never
  }
}

import type { IncomingMessage } from 'node:http'
import { InvalidInput } from '@sluice/domain'
import type { Json } from '@sluice/protocol'
import { z } from 'zod'
import { refuseUnsafeInput } from '../../graphql/safe-input.ts'
import { BodyTooLarge, readBody } from '../read-body.ts'
import { readJson } from '../rest/read-json.ts'
import { Problem } from '../rest/problem.ts'

export interface Signal { decision: string; payload: Json; idempotencyKey: string | null }

/** A payload of 64 KiB, every letter of it escaped, and what stands around it. */
const BODY_MAX = 256 * 1024

/** No field that we do not know: one that is misspelt would be an answer without its payload. */
const SIGNAL = z.strictObject({ decision: z.string(), payload: z.unknown().optional(), idempotencyKey: z.string().nullish() })

/** @throws Problem or Refusal that says what the body should be. */
export async function readSignal(request: IncomingMessage): Promise<Signal> {
  const parsed = SIGNAL.safeParse(await readJson(request, { maxBytes: BODY_MAX, required: true }))
  if (!parsed.success) throw new InvalidInput(pathOf(parsed.error), 'The body is { "decision": "…", "payload": …, "idempotencyKey": "…" }; the last two may be absent.')
  refuseUnsafeInput({ input: parsed.data })
  const { decision, payload = null, idempotencyKey = null } = parsed.data
  return { decision, payload: payload as Json, idempotencyKey }
}

const pathOf = ({ issues: [issue] }: z.ZodError): string[] => [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys : [])].map(String)

/** What a form sends: fields of text. @throws Problem when it is too large or JSON, Refusal when it cannot be stored. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const text = (await bytesOf(request)).toString('utf8')
  // A program that forgot the type, which curl then makes a form's. A form of ours never begins so: its first field is the key.
  if (/^\s*[{[]/.test(text)) throw new Problem({ code: 'UNSUPPORTED_MEDIA_TYPE', message: 'The body looks like JSON and says that it is a form: send it with `Content-Type: application/json`.' })
  const fields = new URLSearchParams(text)
  refuseUnsafeInput({ input: Object.fromEntries(fields) })
  return fields
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  try {
    return await readBody(request, BODY_MAX)
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error
    // What was not read stays in the connection, so it cannot carry another request.
    throw new Problem({ code: 'LIMIT_EXCEEDED', status: 413, message: `An answer has at most ${BODY_MAX} bytes.`, details: { limit: BODY_MAX }, headers: { connection: 'close' } })
  }
}

export const typeOf = ({ headers }: IncomingMessage): 'form' | 'json' =>
  (/^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '') ? 'form' : 'json')

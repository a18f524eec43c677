import type { IncomingMessage } from 'node:http'
import { BodyTooLarge, readBody } from '../read-body.ts'
import { Problem } from './problem.ts'

interface Options { maxBytes: number; required: boolean }

/** The JSON object in the body; {} where there is none and none is needed. @throws Problem that says what the body should be. */
export async function readJson(request: IncomingMessage, { maxBytes, required }: Options): Promise<Record<string, unknown>> {
  if (!isJson(request)) throw new Problem({ code: 'UNSUPPORTED_MEDIA_TYPE', message: 'Send JSON in UTF-8, as `content-type: application/json`.' })
  const bytes = await bytesOf(request, maxBytes)
  if (bytes.length === 0 && !required) return {}
  const value = parsed(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('The body is a JSON object.')
  return value as Record<string, unknown>
}

/** No body needs no type. A page of another origin cannot send this type without asking first. */
function isJson({ headers }: IncomingMessage): boolean {
  const type = headers['content-type']
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (type === undefined && !hasBody) return true
  const encoding = headers['content-encoding'] ?? 'identity'
  return encoding === 'identity' && /^\s*application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type ?? '')
}

async function bytesOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  try {
    return await readBody(request, maxBytes)
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error
    // What was not read stays in the connection, so it cannot carry another request.
    throw new Problem({
      code: 'LIMIT_EXCEEDED', status: 413, message: `A request has at most ${maxBytes} bytes (BODY_MAX).`, details: { limit: maxBytes },
      headers: { connection: 'close' },
    })
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw invalid(error instanceof SyntaxError ? `The body is no JSON: ${error.message}.` : 'The body is not UTF-8.')
  }
}

const invalid = (message: string): Problem => new Problem({ code: 'INVALID_INPUT', message, details: { path: [] } })

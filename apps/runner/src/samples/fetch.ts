import { setTimeout as wait } from 'node:timers/promises'
import { BadInput, secondsOf, textOf, type Sample } from './sample.ts'

const BODY_KEPT = 2_048
const TIMEOUT_MS = 5_000
/** A control plane that restarts is asked again; half a minute without any answer is a failure. */
const AGAIN_MS = 500
const UNANSWERED_MAX = 60

/** GETs a path of the control plane, once a second for the wanted time. Whatever HTTP answers is a result. */
export const fetchHealth: Sample = async ({ place, input, progress, pace }) => {
  const url = addressOf(place, textOf(input, 'path', '/healthz'))
  const times = Math.max(1, Math.ceil(secondsOf(input)))
  const durations: number[] = []
  let answer = await getPatiently(url)
  let unanswered = answer.unanswered
  for (let n = 1; ; n++) {
    durations.push(answer.durationMs)
    progress((100 * n) / times, `HTTP ${answer.status} in ${answer.durationMs} ms`)
    await pace(n, times)
    if (n >= times) break
    answer = await getPatiently(url)
    unanswered += answer.unanswered
  }
  return { url: url.href, ...answer, requests: durations.length, unanswered, slowestMs: Math.max(...durations) }
}

/** A path can hide another host in it (//host, a backslash); the parsed address cannot. */
function addressOf(base: string, path: string): URL {
  const url = URL.canParse(path, base) ? new URL(path, base) : null
  if (!url || !path.startsWith('/') || url.origin !== new URL(base).origin) throw new BadInput(`path "${path}" is not a path of the control plane`)
  return url
}

async function getPatiently(url: URL) {
  for (let unanswered = 0; ; unanswered++) {
    try {
      return { ...(await get(url)), unanswered }
    } catch (error) {
      if (unanswered >= UNANSWERED_MAX) throw error
      await wait(AGAIN_MS)
    }
  }
}

/** The timer keeps the process alive: a fetch whose connection was closed before the request left waits for nothing at all on Node 20. */
async function get(url: URL) {
  const startedAt = performance.now()
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS)
  try {
    const response = await fetch(url, { redirect: 'manual', signal: deadline.signal })
    const body = await response.text()
    return {
      status: response.status, contentType: response.headers.get('content-type'), durationMs: Math.round(performance.now() - startedAt),
      bytes: Buffer.byteLength(body), body: body.slice(0, BODY_KEPT),
    }
  } finally {
    clearTimeout(timer)
  }
}

import { BadInput, secondsOf, textOf, type Sample } from './sample.ts'

const BODY_KEPT = 2_048
const TIMEOUT_MS = 10_000

/** GETs a path of the control plane, once a second for the wanted time. Whatever HTTP answers is a result; no answer is a failure. */
export const fetchHealth: Sample = async ({ place, input, progress, pace }) => {
  const url = addressOf(place, textOf(input, 'path', '/healthz'))
  const times = Math.max(1, Math.ceil(secondsOf(input)))
  const durations: number[] = []
  let answer = await get(url)
  for (let n = 1; ; n++) {
    durations.push(answer.durationMs)
    progress((100 * n) / times, `HTTP ${answer.status} in ${answer.durationMs} ms`)
    await pace(n, times)
    if (n >= times) break
    answer = await get(url)
  }
  return { url: url.href, ...answer, requests: durations.length, slowestMs: Math.max(...durations) }
}

/** A path can hide another host in it (//host, a backslash); the parsed address cannot. */
function addressOf(base: string, path: string): URL {
  const url = URL.canParse(path, base) ? new URL(path, base) : null
  if (!url || !path.startsWith('/') || url.origin !== new URL(base).origin) throw new BadInput(`path "${path}" is not a path of the control plane`)
  return url
}

async function get(url: URL) {
  const startedAt = performance.now()
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
  const body = await response.text()
  return {
    status: response.status, contentType: response.headers.get('content-type'), durationMs: Math.round(performance.now() - startedAt),
    bytes: Buffer.byteLength(body), body: body.slice(0, BODY_KEPT),
  }
}

/**
 * A signal that aborts with its parent or after a time, and that can be let go of. Written out because the parent here lives as
 * long as the worker, and AbortSignal.any keeps every signal ever derived from such a parent in memory on Node 20.
 */
export function deadlineSignal(parent: AbortSignal, timeoutMs: number): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const follow = () => controller.abort(parent.reason)
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  parent.addEventListener('abort', follow, { once: true })
  if (parent.aborted) follow()
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer)
      parent.removeEventListener('abort', follow)
    },
  }
}

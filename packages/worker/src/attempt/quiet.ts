/**
 * Promises that a handler need not await. Most are rejected because the handler is to stop; one that nobody awaits must not bring the whole
 * worker down with it.
 */
export const quiet = <Arguments extends unknown[], T>(call: (...given: Arguments) => Promise<T>) => (...given: Arguments): Promise<T> => {
  const answer = call(...given)
  answer.catch(() => {})
  return answer
}

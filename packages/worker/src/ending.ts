/** A promise that somebody else settles, and that nobody has to watch. */
export function createEnding() {
  let settle: (error: Error | null) => void = () => {}
  const promise = new Promise<void>((resolve, reject) => {
    settle = error => (error ? reject(error) : resolve())
  })
  promise.catch(() => {})
  return { promise, settle }
}

/** Those who come, and those who wait for one of them: each who came is handed out once, to the first who fits. */
export interface WaitingRoom<T> {
  enter(one: T): void
  next(fits?: (one: T) => boolean, o?: { withinMs?: number }): Promise<T>
  /** Everybody who still waits is told. */
  close(): void
}

interface Waiter<T> { fits: (one: T) => boolean; take: (one: T) => void; fail: (why: string) => void }

const WITHIN_MS = 10_000
const KEPT_MAX = 100_000

export function waitingRoom<T>(): WaitingRoom<T> {
  const here: T[] = []
  let waiters: Waiter<T>[] = []
  const leave = (waiter: Waiter<T>) => void (waiters = waiters.filter(each => each !== waiter))

  return {
    enter: one => {
      const waiter = waiters.find(each => each.fits(one))
      if (waiter) return waiter.take(one)
      here.push(one)
      if (here.length > KEPT_MAX) here.shift()
    },
    next: (fits = () => true, { withinMs = WITHIN_MS } = {}) => {
      const at = here.findIndex(fits)
      const [found] = at < 0 ? [] : here.splice(at, 1)
      if (found !== undefined) return Promise.resolve(found)
      return new Promise((resolve, reject) => {
        const end = () => {
          clearTimeout(timer)
          leave(waiter)
        }
        const waiter: Waiter<T> = {
          fits,
          take: one => (end(), resolve(one)),
          fail: why => (end(), reject(new Error(why))),
        }
        const timer = setTimeout(() => waiter.fail(`none that fits came within ${withinMs} ms; ${here.length} others did`), withinMs)
        waiters.push(waiter)
      })
    },
    close: () => {
      for (const waiter of waiters) waiter.fail('the receiver was closed')
    },
  }
}

/** A time that runs out, and that can rest meanwhile. */
export interface Countdown {
  /** Once. */
  start(onOver: () => void): void
  /** Each pause has its resume; while there is one more pause than that, no time passes. */
  pause(): void
  resume(): void
  stop(): void
}

/** null = it never runs out. */
export function createCountdown(ms: number | null): Countdown {
  let left = ms ?? 0
  let pauses = 0
  let over: (() => void) | null = null
  let timer: NodeJS.Timeout | null = null
  let since = 0

  const run = () => {
    if (!over || pauses > 0 || timer) return
    since = performance.now()
    timer = setTimeout(over, left)
  }
  const rest = () => {
    if (!timer) return
    clearTimeout(timer)
    timer = null
    left = Math.max(0, left - (performance.now() - since))
  }
  return {
    start: onOver => {
      if (ms !== null) over = onOver
      run()
    },
    pause: () => {
      pauses++
      rest()
    },
    resume: () => {
      pauses--
      run()
    },
    stop: () => {
      rest()
      over = null
    },
  }
}

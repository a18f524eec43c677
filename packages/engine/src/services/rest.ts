/** For so long, or until the process closes. */
export const rest = (ms: number, closing: AbortSignal): Promise<void> => new Promise(resolve => {
  const over = (): void => {
    clearTimeout(timer)
    closing.removeEventListener('abort', over)
    resolve()
  }
  const timer = setTimeout(over, ms)
  closing.addEventListener('abort', over, { once: true })
})

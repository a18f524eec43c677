/** Work that is done when it is asked for, one run at a time: what asks while it runs is not lost. */
export class Woken {
  readonly #work: () => Promise<boolean>
  readonly #failed: (error: Error) => void
  #running: Promise<void> | null = null
  #again = false
  #closed = false

  /** work answers whether more waits. */
  constructor(work: () => Promise<boolean>, failed: (error: Error) => void) {
    this.#work = work
    this.#failed = failed
  }

  wake(): void {
    this.#again = true
    if (this.#closed) return
    this.#running ??= this.#workAll().catch(this.#failed).finally(() => {
      this.#running = null
      // Woken after the last look and before this: nobody else would look.
      if (this.#again) this.wake()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #workAll(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      if (await this.#work()) this.#again = true
    }
  }
}

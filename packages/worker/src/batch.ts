/**
 * Reports that become due at the same tick leave in one request; while one request is on its way the next ones gather. So a worker with
 * much to say asks seldom, and one with little to say asks at once.
 */
import { Rejected } from './wire/transport.ts'

export interface BatchOptions<Item, Answer> {
  /** One answer per item, in order. A thrown Rejected concerns the request as a whole. */
  send(items: Item[]): Promise<Answer[]>
  maxItems: number
  /** Bytes of JSON; an item that is larger alone travels alone. */
  maxBytes: number
}

/** Of what is told of flows: the largest result, and what gathers beside it, stay well under what a request may have. */
export const REPORTS = { maxItems: 200, maxBytes: 4 * 1024 * 1024 }

export interface Batch<Item, Answer> {
  add(item: Item): Promise<Answer>
  /** Takes back an item that has not been sent yet and answers it with `answer` instead. */
  withdraw(item: Item, answer: Answer): void
}

interface Entry<Item, Answer> { item: Item; resolve(answer: Answer): void; reject(error: unknown): void }

export function createBatch<Item, Answer>(o: BatchOptions<Item, Answer>): Batch<Item, Answer> {
  let queue: Entry<Item, Answer>[] = []
  let busy = false

  const drain = async () => {
    while (queue.length > 0) {
      const chunk = takeChunk(queue, o)
      queue = queue.slice(chunk.length)
      await deliver(chunk, o)
    }
    busy = false
  }

  return {
    add: item =>
      new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject })
        if (busy) return
        busy = true
        setImmediate(() => void drain())
      }),
    withdraw: (item, answer) => {
      const entry = queue.find(queued => queued.item === item)
      if (!entry) return
      queue = queue.filter(queued => queued !== entry)
      entry.resolve(answer)
    },
  }
}

async function deliver<Item, Answer>(chunk: Entry<Item, Answer>[], o: BatchOptions<Item, Answer>): Promise<void> {
  try {
    const answers = await o.send(chunk.map(entry => entry.item))
    chunk.forEach((entry, i) => (i < answers.length ? entry.resolve(answers[i] as Answer) : entry.reject(new Rejected('an answer is missing'))))
  } catch (error) {
    // Which of them was refused cannot be told: the halves are asked about apart, so that one bad report does not take the others along.
    if (error instanceof Rejected && chunk.length > 1) for (const half of halvesOf(chunk)) await deliver(half, o)
    else for (const entry of chunk) entry.reject(error)
  }
}

const halvesOf = <T>(whole: T[]): T[][] => [whole.slice(0, Math.ceil(whole.length / 2)), whole.slice(Math.ceil(whole.length / 2))]

function takeChunk<Item, Answer>(queue: Entry<Item, Answer>[], o: BatchOptions<Item, Answer>): Entry<Item, Answer>[] {
  let bytes = 0
  const end = queue.findIndex((entry, i) => {
    bytes += Buffer.byteLength(JSON.stringify(entry.item))
    return i > 0 && (i >= o.maxItems || bytes > o.maxBytes)
  })
  return end === -1 ? [...queue] : queue.slice(0, end)
}

/** A file as it is now, and whenever it is otherwise. */
import { readFileSync, statSync, watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'

export type FileContent = { text: string } | { problem: string }

const SIZE_MAX = 1024 ** 2

export function readContent(file: string): FileContent {
  try {
    const { size } = statSync(file)
    return size > SIZE_MAX ? { problem: `has ${size} bytes, more than ${SIZE_MAX}` } : { text: readFileSync(file, 'utf8') }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return { problem: code === 'ENOENT' ? 'is not there' : `cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

export interface WatchOptions {
  file: string
  /** What the caller has seen already. */
  known: FileContent
  onChange(content: FileContent): void
  /** An editor that saves makes several changes; this long after the last one the file is read. Default 100 ms. */
  settleMs?: number
  /** How often the file is read without having been told, for folders and systems that do not tell. Default 2,000 ms. */
  pollMs?: number
}

/** The folder is watched and not the file, because many editors put a new file in its place. Returns what ends it. */
export function watchContent({ file, known, onChange, settleMs = 100, pollMs = 2_000 }: WatchOptions): () => void {
  let last = JSON.stringify(known)
  let settling: NodeJS.Timeout | undefined
  const look = () => {
    const content = readContent(file)
    const now = JSON.stringify(content)
    if (now === last) return
    last = now
    onChange(content)
  }
  const settle = () => {
    clearTimeout(settling)
    settling = setTimeout(look, settleMs)
  }
  const watcher = watchFolder(dirname(file), settle)
  // Also in a folder where something happens all the time, and nothing ever settles.
  const poll = setInterval(look, pollMs)
  return () => {
    clearInterval(poll)
    clearTimeout(settling)
    watcher?.close()
  }
}

/** null where the system has no more watches to give, or the folder is not there: then the poll alone finds out. */
function watchFolder(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent)
    watcher.on('error', () => watcher.close())
    return watcher
  } catch {
    return null
  }
}

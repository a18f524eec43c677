/** A runner's file for whoever has none, and the schema beside it for their editor. What is there is never written over. */
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import schema from '../runner.schema.json' with { type: 'json' }
import { sampleFile } from './sample-kinds.ts'

/** True when a file was written. Throws what the file system throws. */
export function writeFirstFile(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const isNew = writeNew(file, sampleFile())
  renewSchema(join(dirname(file), 'runner.schema.json'), { always: isNew })
  return isNew
}

/** Whole or not at all, and only where there is none: a link to a name that is taken fails, whoever took it and when. */
function writeNew(file: string, text: string): boolean {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Ours, so it follows our version; who removed it does not get it again. */
function renewSchema(file: string, { always }: { always: boolean }): void {
  const text = `${JSON.stringify(schema, null, 2)}\n`
  const present = readOrNull(file)
  if (present !== text && (always || present !== null)) writeFileSync(file, text, { mode: 0o600 })
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

import { parseArgs } from 'node:util'
import path from 'node:path'
import { callersFolder } from '../config.ts'
import { Refused } from '../supervisor/refused.ts'

export interface FileArgument {
  /** Absolute; a relative name counts from where the command was typed. */
  file: string
  force: boolean
}

/** The one FILE that a verb is about, or null when its usage was asked for. Refused with the usage when it cannot be read. */
export function fileArgument(usage: string, o: { mayForce: boolean }): FileArgument | null {
  const { values, positionals } = parse(usage)
  if (values.help === true) return null
  const [file, ...more] = positionals
  if (file === undefined || file === '' || more.length > 0 || (values.force === true && !o.mayForce)) throw new Refused(usage)
  return { file: path.resolve(callersFolder(), file), force: values.force ?? false }
}

function parse(usage: string) {
  try {
    return parseArgs({ allowPositionals: true, options: { force: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
  }
}

import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'

export interface PlanOptions {
  /** The folder of the database, which outlives the run when keep is set. */
  dir: string
  keep: boolean
  /** Flows in the queue; five times as many have ended. */
  queued: number
  /** How often each case runs for its median. */
  runs: number
  /** Cases whose name holds one of these words; empty = all. */
  only: string[]
  /** Seconds of each load that retention is measured beside; 0 = that part is left out. */
  load: number
  /** Where each case's EXPLAIN JSON goes. */
  out: string
  /** Further server settings, as name=value. */
  settings: string[]
}

/** npm run plans -- --rows 20000 --keep --only promotion */
export function readOptions(args: string[]): PlanOptions {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: 'string' }, keep: { type: 'boolean', default: false }, rows: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '15' },
      only: { type: 'string', default: '' }, load: { type: 'string', default: '0' }, out: { type: 'string' }, setting: { type: 'string', multiple: true, default: [] },
    },
  })
  const queued = wholeOf('rows', values.rows)
  return {
    dir: values.dir ?? path.join(tmpdir(), `sluice-plans-${queued}`), keep: values.keep, queued, runs: wholeOf('runs', values.runs),
    only: values.only.split(',').filter(word => word !== ''), load: wholeOf('load', values.load),
    out: values.out ?? path.join(tmpdir(), 'sluice-plans-explained'), settings: values.setting,
  }
}

function wholeOf(name: string, text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} takes a whole number, not ${text}.`)
  return number
}

import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import path from 'node:path'
import type { CaseResult, StatementResult } from './recorder.ts'

/** Tables that nothing may read from end to end. */
const HOT = ['flow', 'attempt', 'flow_event', 'flow_search']
const SLOWEST_MS = 2000
/** INV-47. */
const PROMOTION_CLOCK_MS = 20

/** What is wrong with a result, one sentence each. */
export function judge(r: CaseResult): string[] {
  const scans = r.statements.flatMap(s => s.scanned.filter(table => HOT.includes(table)).map(table => `${s.name} reads ${table} from end to end`))
  const refused = r.refused && !r.case.narrow ? ['it was refused as too slow'] : []
  const slow = !r.refused && r.ms > SLOWEST_MS ? [`${r.ms.toFixed(0)} ms, more than ${SLOWEST_MS}`] : []
  const promoted = r.case.promotionMs === undefined ? [] : tooLong(r, r.case.promotionMs)
  return [...scans, ...refused, ...slow, ...promoted].map(what => `${r.case.group}: ${r.case.name}: ${what}.`)
}

/** What PostgreSQL worked is judged always; the clock where no more wants to run than there are processors, else it is the time of others too. */
function tooLong({ promotionMs, promotionCpuMs }: CaseResult, limitMs: number): string[] {
  const worked = promotionCpuMs ?? promotionMs ?? 0
  const isQuiet = (loadavg()[0] ?? 0) <= cpus().length
  return [
    ...(worked > limitMs ? [`the promotion took ${worked.toFixed(1)} ms of PostgreSQL's processor, more than ${limitMs}`] : []),
    ...(isQuiet && (promotionMs ?? 0) > PROMOTION_CLOCK_MS ? [`the promotion took ${(promotionMs ?? 0).toFixed(1)} ms, more than ${PROMOTION_CLOCK_MS}`] : []),
  ]
}

export const HEADER = `${'median'.padStart(9)} ${'worst'.padStart(8)} ${'buffers'.padStart(8)}  case, and below it each of its statements with the indexes it used`

export function printable(r: CaseResult): string[] {
  const buffers = r.statements.reduce((sum, s) => sum + s.buffers, 0)
  const cpu = r.promotionCpuMs === null ? '' : `, ${r.promotionCpuMs.toFixed(1)} of them on the CPU`
  const promotion = r.promotionMs === null ? '' : `  (the promoting transaction: ${r.promotionMs.toFixed(1)} ms${cpu})`
  return [
    `${ms(r.ms).padStart(9)} ${ms(r.worstMs).padStart(8)} ${String(buffers).padStart(8)}  ${r.case.group}: ${r.case.name}${r.refused ? '  REFUSED' : ''}${promotion}`,
    ...r.statements.map(s => `${ms(s.ms).padStart(9)} ${''.padStart(8)} ${String(s.buffers).padStart(8)}      ${s.name}${s.calls > 1 ? ` ×${s.calls}` : ''}  ${indexesOf(s)}`),
  ]
}

const ms = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(value < 10 ? 2 : 1))
const indexesOf = (s: StatementResult): string => [...s.indexes, ...s.scanned.map(table => `SCAN ${table}`)].join(' ')

/** One file for each case, with the EXPLAIN JSON of each of its statements. */
export async function keepExplained(folder: string, r: CaseResult): Promise<void> {
  await mkdir(path.join(folder, r.case.group), { recursive: true })
  const file = path.join(folder, r.case.group, `${r.case.name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`)
  const statements = r.statements.map(({ name, ms: median, explanation }) => ({ name, medianMs: median, explanation }))
  await writeFile(file, `${JSON.stringify({ case: r.case.name, medianMs: r.ms, promotionMs: r.promotionMs, promotionCpuMs: r.promotionCpuMs, refused: r.refused, statements })}\n`)
}

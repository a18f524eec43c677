/** The table of metrics in docs/observability.md, printed from the one the collectors are made from. `--write` prints it; without it, the check says whether it is current. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { METRICS, type Metric } from '../../apps/control-plane/src/observe/metric-table.ts'
import { REPOSITORY, runAsProgram } from './report.ts'

const PAGE = 'docs/observability.md'
const [BEGIN, END] = ['<!-- printed: metrics -->', '<!-- end of metrics -->']

export async function checkMetrics(): Promise<string[]> {
  const page = await readFile(join(REPOSITORY, PAGE), 'utf8').catch(() => '')
  return page !== '' && page === withTable(page) ? [] : [`${PAGE} does not have the metrics that there are: npx tsx scripts/checks/print-metrics.ts --write`]
}

const withTable = (page: string): string => {
  const [before, after] = [page.split(BEGIN)[0], page.split(END)[1]]
  return after === undefined ? '' : `${before}${BEGIN}\n${table()}\n${END}${after}`
}

const table = (): string => ['| Metric | Type | Of | Labels | What |', '|---|---|---|---|---|', ...Object.values(METRICS).map(row)].join('\n')

const row = ({ name, type, scope, labels, help }: Metric): string =>
  `| \`${name}\` | ${type} | ${scope} | ${labels.map(label => `\`${label}\``).join(' ')} | ${help.replaceAll('|', '\\|')} |`

if (process.argv.includes('--write')) {
  const page = await readFile(join(REPOSITORY, PAGE), 'utf8')
  await writeFile(join(REPOSITORY, PAGE), withTable(page))
} else await runAsProgram(import.meta.url, checkMetrics)

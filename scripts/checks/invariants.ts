/** Every invariant of docs/invariants.md is named by a test title, unless the page assigns it to a later part. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REPOSITORY, runAsProgram } from './report.ts'
import { isTest, sourceFiles } from './source-files.ts'

interface Invariant { id: string; place: string }

export async function checkInvariants(): Promise<string[]> {
  const invariants = await statedInvariants()
  const shown = await titlesByInvariant()
  const stated = new Set(invariants.map(one => one.id))
  return [
    ...invariants.filter(one => one.place === 'here' && !shown.has(one.id)).map(one => `${one.id} is named by no test (docs/invariants.md says it is shown here).`),
    ...[...shown.keys()].filter(id => !stated.has(id)).map(id => `${id} is named by a test and missing from docs/invariants.md.`),
    ...missingNumbers(invariants),
  ]
}

async function statedInvariants(): Promise<Invariant[]> {
  const page = await readFile(join(REPOSITORY, 'docs/invariants.md'), 'utf8')
  return [...page.matchAll(/^- \*\*(INV-\d+)\*\* · (here|later: [a-z]+) · /gm)].map(([, id = '', place = '']) => ({ id, place }))
}

/** Numbered from 1 without gaps, so that none is dropped by a slip of the pen. */
const missingNumbers = (invariants: Invariant[]): string[] =>
  invariants.filter((one, index) => one.id !== `INV-${index + 1}`).slice(0, 1).map(one => `docs/invariants.md is out of order at ${one.id}.`)

/** Invariant id → `file: title` of the tests that name it. */
async function titlesByInvariant(): Promise<Map<string, string[]>> {
  const shown = new Map<string, string[]>()
  for (const file of await sourceFiles(['packages', 'apps', 'e2e'], isTest)) {
    for (const title of titlesIn(await readFile(join(REPOSITORY, file), 'utf8'))) {
      for (const [id] of title.matchAll(/INV-\d+/g)) shown.set(id, [...(shown.get(id) ?? []), `${file}: ${title}`])
    }
  }
  return shown
}

/** Titles are strings right after `test(`, `describe(`, `.each(…)(`, and strings of tables that begin with an id. */
export function titlesIn(text: string): string[] {
  const calls = text.matchAll(/(?:\b(?:test|it|describe)(?:\.[\w.]+)?\(|\)\()\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g)
  const rows = text.matchAll(/(['"`])(INV-\d+(?:(?!\1)[^\\\n]|\\.)*)\1/g)
  return [...new Set([...calls, ...rows].map(match => match[2] ?? ''))]
}

async function list(): Promise<void> {
  for (const [id, titles] of [...await titlesByInvariant()].sort(([a], [b]) => Number(a.slice(4)) - Number(b.slice(4)))) {
    console.log([id, ...titles.map(title => `  ${title}`)].join('\n'))
  }
}

if (process.argv.includes('--list')) await list()
else await runAsProgram(import.meta.url, checkInvariants)

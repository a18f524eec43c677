/** Decision records are numbered without gaps and have the four parts; links between documents lead somewhere. */
import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { REPOSITORY, runAsProgram } from './report.ts'
import { sourceFiles } from './source-files.ts'

const PARTS = ['## Context', '## Decision', '## Consequences', '## What would reopen it']

export async function checkRecords(): Promise<string[]> {
  const files = (await readdir(join(REPOSITORY, 'docs/adr'))).filter(name => name.endsWith('.md')).sort()
  const gaps = files.filter((name, index) => !name.startsWith(`${String(index + 1).padStart(4, '0')}-`))
  const parts = await Promise.all(files.map(missingParts))
  return [...gaps.slice(0, 1).map(name => `docs/adr is not numbered without gaps at ${name}.`), ...parts.flat(), ...await deadLinks()]
}

async function missingParts(name: string): Promise<string[]> {
  const text = await readFile(join(REPOSITORY, 'docs/adr', name), 'utf8')
  return PARTS.filter(part => !text.includes(`\n${part}\n`)).map(part => `docs/adr/${name} lacks "${part}".`)
}

async function deadLinks(): Promise<string[]> {
  const pages = [...await sourceFiles(['docs'], path => path.endsWith('.md')), 'README.md', 'CHANGELOG.md']
  return (await Promise.all(pages.map(deadLinksOf))).flat()
}

async function deadLinksOf(page: string): Promise<string[]> {
  const text = await readFile(join(REPOSITORY, page), 'utf8').catch(() => '')
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = '']) => target)
  const found = await Promise.all(targets.map(target => access(join(REPOSITORY, dirname(page), target)).then(() => true, () => false)))
  return targets.filter((_, index) => !found[index]).map(target => `${page} links to ${target}, which does not exist.`)
}

await runAsProgram(import.meta.url, checkRecords)

/** Direct dependencies run on the Node that README promises; those of others that ask for a newer one are listed in ADR 0013. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { admits } from './node-range.ts'
import { REPOSITORY, runAsProgram } from './report.ts'

/** The oldest Node that package.json's engines admit. */
const PROMISED = '20.19.0'
const RECORD = 'docs/adr/0013-engines-exceptions.md'

interface LockEntry { engines?: { node?: string }; link?: boolean; dependencies?: Deps; devDependencies?: Deps; optionalDependencies?: Deps }
type Deps = Record<string, string>

export async function checkEngines(): Promise<string[]> {
  const lock = JSON.parse(await readFile(join(REPOSITORY, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockEntry> }
  const tooNew = Object.entries(lock.packages).filter(([path, one]) => path.includes('node_modules/') && !admits(one.engines?.node ?? '*', PROMISED))
  const direct = directDependencies(lock.packages)
  const named = await exceptions()
  const transitive = [...new Set(tooNew.map(([path]) => nameOf(path)).filter(name => !direct.has(name)))]
  return [
    ...tooNew.filter(([path]) => direct.has(nameOf(path))).map(([path, one]) => `${nameOf(path)} is a direct dependency and asks for Node ${one.engines?.node}: choose a version for Node ${PROMISED}.`),
    ...transitive.filter(name => !named.has(name)).map(name => `${name} asks for a newer Node than ${PROMISED} and is not listed in ${RECORD}.`),
    ...[...named].filter(name => !transitive.includes(name)).map(name => `${name} is listed in ${RECORD} and needs no exception any more.`),
  ]
}

/** Those of the root and of the workspaces; a workspace is an entry outside node_modules. */
function directDependencies(packages: Record<string, LockEntry>): Set<string> {
  const own = Object.entries(packages).filter(([path]) => !path.includes('node_modules/')).map(([, one]) => one)
  return new Set(own.flatMap(one => [one.dependencies, one.devDependencies, one.optionalDependencies].flatMap(deps => Object.keys(deps ?? {}))))
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** The first column of the record's table. */
async function exceptions(): Promise<Set<string>> {
  const record = await readFile(join(REPOSITORY, RECORD), 'utf8').catch(() => '')
  return new Set([...record.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name))
}

await runAsProgram(import.meta.url, checkEngines)

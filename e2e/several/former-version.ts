/** The version before the newest migration, built from the history of this checkout: what an operator has who upgrades one process after another. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path, { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MIGRATIONS = 'prisma/migrations'

export interface FormerVersion extends AsyncDisposable {
  commit: string
  /** What is missing in its database for this version. */
  migration: string
  program: string
}

/** A sentence where this checkout has no history to build from: an archive, or a clone that was made without it. */
export async function formerVersion(): Promise<FormerVersion | string> {
  const isShallow = await git('rev-parse', '--is-shallow-repository').catch(() => null)
  if (isShallow === null) return 'This checkout has no git history, so there is no former version to run beside this one.'
  const now = await migrationsNow()
  const migration = [...now.keys()].sort().at(-1) ?? ''
  for (const commit of await candidates()) {
    const then = await migrationsOf(commit)
    // A migration that was edited before it was ever released belongs to no version of its own.
    const isBefore = then !== null && then.size > 0 && then.size < now.size && [...then].every(([file, blob]) => now.get(file) === blob)
    if (isBefore) return build({ commit, migration: path.basename(path.dirname(migration)) })
  }
  if (isShallow === 'true') return `The history of this clone ends after the commit that added ${migration}: fetch it with \`git fetch --unshallow\`.`
  throw new Error(`No version before ${migration} was found in the history.`)
}

/** The newest first: what is committed, then what was before each commit that touched the migrations. */
async function candidates(): Promise<string[]> {
  const touching = (await git('log', '--format=%H', '--', MIGRATIONS)).split('\n').filter(hash => hash !== '')
  return ['HEAD', ...touching.map(hash => `${hash}^`)]
}

/** File → content's hash; null where the history does not reach. */
async function migrationsOf(commit: string): Promise<Map<string, string> | null> {
  const tree = await git('ls-tree', '-r', commit, '--', MIGRATIONS).catch(() => null)
  return tree === null ? null : byFile(tree.split('\n').map(line => line.replace(/^\d+ blob (\w+)\t/, '$1 ')))
}

async function migrationsNow(): Promise<Map<string, string>> {
  const files = (await readdir(join(ROOT, MIGRATIONS), { recursive: true })).filter(file => file.endsWith('.sql')).map(file => `${MIGRATIONS}/${file}`)
  const hashes = (await git('hash-object', ...files)).split('\n')
  return byFile(files.map((file, at) => `${hashes[at]} ${file}`))
}

const byFile = (lines: string[]): Map<string, string> =>
  new Map(lines.filter(line => line.endsWith('.sql')).map(line => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]))

async function build({ commit, migration }: { commit: string; migration: string }): Promise<FormerVersion> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-former-'))
  const checkout = join(dir, 'checkout')
  try {
    // An index of its own: the repository's is somebody's work.
    const env = { ...process.env, GIT_INDEX_FILE: join(dir, 'index') }
    await run('git', ['read-tree', commit], { cwd: ROOT, env })
    await run('git', ['checkout-index', '--all', `--prefix=${checkout}/`], { cwd: ROOT, env })
    await linkModules(checkout)
    await inside(checkout, 'scripts/prisma.mjs', 'generate')
    await inside(checkout, 'apps/control-plane/build.mjs')
  } catch (error) {
    await rm(dir, { recursive: true, force: true })
    throw error
  }
  return {
    commit, migration, program: join(checkout, 'apps/control-plane/dist/control-plane.js'),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
}

/** Packages from outside are those of today, installed already; ours are its own. */
async function linkModules(checkout: string): Promise<void> {
  const modules = join(checkout, 'node_modules')
  await mkdir(modules)
  const names = (await readdir(join(ROOT, 'node_modules'))).filter(name => name !== '@sluice')
  await Promise.all(names.map(name => symlink(join(ROOT, 'node_modules', name), join(modules, name))))
  await cp(join(ROOT, 'node_modules/@sluice'), join(modules, '@sluice'), { recursive: true, verbatimSymlinks: true })
}

const inside = (checkout: string, script: string, ...args: string[]): Promise<unknown> => run(process.execPath, [script, ...args], {
  cwd: checkout, env: { ...process.env, PATH: [join(ROOT, 'node_modules/.bin'), process.env['PATH']].join(delimiter) },
})

const git = async (...args: string[]): Promise<string> => (await run('git', args, { cwd: ROOT })).stdout.trim()

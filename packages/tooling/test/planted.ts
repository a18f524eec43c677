import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

export interface Finding { rule: string; message: string; file: string }

/** Lints planted files in a copy of the repository's lint set-up: same config, same paths, nothing else. */
export async function lintPlanted(files: Record<string, string>): Promise<Finding[]> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-lint-'))
  try {
    await copySetUp(root)
    await Promise.all(Object.entries(files).map(([path, text]) => plant(join(root, path), text)))
    return findings(await runOxlint(root))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function copySetUp(root: string): Promise<void> {
  await cp(join(REPOSITORY, '.oxlintrc.json'), join(root, '.oxlintrc.json'))
  await cp(join(REPOSITORY, 'packages/tooling/oxlint'), join(root, 'packages/tooling/oxlint'), { recursive: true })
  await symlink(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'), 'dir')
  await plant(join(root, 'tsconfig.json'), await readFile(join(REPOSITORY, 'packages/tooling/tsconfig/base.json'), 'utf8'))
  await plant(join(root, 'packages/engine/package.json'), '{ "exports": { ".": "./src/index.ts" } }')
}

async function plant(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

/** oxlint exits 1 when it found something: that is an answer, not a failure. */
function runOxlint(root: string): Promise<string> {
  const bin = join(REPOSITORY, 'node_modules/oxlint/bin/oxlint')
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [bin, '-f', 'json', 'apps', 'packages/engine', 'packages/domain', 'packages/worker', 'e2e', '--no-error-on-unmatched-pattern'],
      { cwd: root, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => (stdout.trim().startsWith('{') ? resolve(stdout) : reject(new Error(`oxlint said: ${stdout}${stderr}`, { cause: error }))))
  })
}

function findings(json: string): Finding[] {
  const parsed = JSON.parse(json) as { diagnostics: { code?: string; message: string; filename: string }[] }
  return parsed.diagnostics.map(one => ({ rule: one.code ?? '', message: one.message, file: one.filename }))
}

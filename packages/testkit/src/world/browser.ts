/**
 * A Chromium to test with, looked for in this order: the variable CHROMIUM_PATH, an installed Chromium or Chrome, Playwright's own,
 * and the one inside @sparticuz/chromium. The last works where nothing is installed and nothing but npm can be reached.
 */
import { execFile } from 'node:child_process'
import { access, constants, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'

const run = promisify(execFile)

/** env is set for the browser only: a library path in our own environment would reach every child we start. */
export interface Browser { executablePath: string; env: Record<string, string>; foundBy: 'CHROMIUM_PATH' | 'installed' | 'playwright' | 'package' }

export async function findBrowser(): Promise<Browser> {
  return (await fromVariable()) ?? (await installed()) ?? (await playwrights()) ?? (await packaged())
}

async function fromVariable(): Promise<Browser | null> {
  const path = process.env['CHROMIUM_PATH']
  if (!path) return null
  if (await isExecutable(path)) return { executablePath: path, env: {}, foundBy: 'CHROMIUM_PATH' }
  throw new Error(`CHROMIUM_PATH names ${path}, which cannot be executed`)
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe', 'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
]

async function installed(): Promise<Browser | null> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  for (const path of [...NAMES.flatMap(name => folders.map(folder => join(folder, name))), ...PLACES]) {
    if (await isExecutable(path)) return { executablePath: path, env: {}, foundBy: 'installed' }
  }
  return null
}

async function playwrights(): Promise<Browser | null> {
  const path = chromium.executablePath()
  return (await isExecutable(path)) ? { executablePath: path, env: {}, foundBy: 'playwright' } : null
}

/** Unpacked into a folder named by version and user, made whole under another name first: a half-unpacked one can never be taken for it. */
async function packaged(): Promise<Browser> {
  const folder = join(tmpdir(), `sluice-chromium-${await packagedVersion()}-${userInfo().uid}`)
  if (!(await isExecutable(join(folder, 'chromium')))) await unpackInto(folder)
  const executablePath = join(folder, 'chromium')
  return { executablePath, env: await libraries(folder, executablePath), foundBy: 'package' }
}

async function packagedVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const manifest = JSON.parse(await readFile(join(dirname(entry), '../../package.json'), 'utf8')) as { version: string }
  return manifest.version
}

/** The package unpacks into the temporary folder of its process, and takes what it finds there by name alone: it gets an empty one of its own.
 *  The AWS variable makes it unpack the libraries too, which a bare machine lacks. */
async function unpackInto(folder: string): Promise<void> {
  const fresh = await mkdtemp(join(tmpdir(), 'sluice-unpack-'))
  const script = "const { default: chromium } = await import('@sparticuz/chromium'); await chromium.executablePath()"
  await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dirname(new URL(import.meta.url).pathname),
    env: { ...process.env, TMPDIR: fresh, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
  })
  await rm(folder, { recursive: true, force: true })
  // Another test process may have been faster: then its folder is as good.
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true, force: true }))
}

/** The machine's own libraries where it has them; the package's where the browser does not start without. */
async function libraries(folder: string, executablePath: string): Promise<Record<string, string>> {
  const fonts: Record<string, string> = (await isReadable('/etc/fonts/fonts.conf')) ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') }
  if (await starts(executablePath, {})) return fonts
  return { ...fonts, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') }
}

const starts = (path: string, env: Record<string, string>): Promise<boolean> =>
  run(path, ['--version', '--no-sandbox'], { env: { ...process.env, ...env } }).then(() => true, () => false)

const isExecutable = (path: string): Promise<boolean> => access(path, constants.X_OK).then(() => true, () => false)
const isReadable = (path: string): Promise<boolean> => access(path, constants.R_OK).then(() => true, () => false)

/** A folder for pictures, made when missing. */
export async function pictureFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true })
  return path
}

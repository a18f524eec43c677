import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { PAGE_POLICY, pathOf, respond, type Door } from './respond.ts'
import { prefersPage } from './rest/prefers-page.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8', '.webmanifest': 'application/manifest+json', '.png': 'image/png', '.ico': 'image/x-icon',
  '.woff2': 'font/woff2', '.txt': 'text/plain; charset=utf-8', '.map': 'application/json; charset=utf-8',
}

interface StaticFile { name: string; plain: Buffer; gzipped: Buffer }

/**
 * The built dashboard below `dir`. An address that names no file and no extension is a page of it, and gets index.html; but only for who opens pages:
 * a program that mistypes an address must not take a page for its answer.
 * Files under assets/ carry their hash in their name and are kept for ever; the others are asked for again each time.
 */
export function staticDoor({ dir }: { dir: string }): Door {
  const known = new Map<string, Promise<StaticFile | null>>()
  const read = (name: string): Promise<StaticFile | null> => {
    const file = known.get(name) ?? load(dir, name)
    // Only what is named by its hash can be remembered: the rest changes with the next build.
    if (name.startsWith('assets/')) known.set(name, file)
    return file
  }
  return async (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const name = nameOf(pathOf(request))
    if (name === null) return false
    const isPage = name === 'index.html' || (path.extname(name) === '' && prefersPage(request))
    const file = (await read(name)) ?? (isPage ? await read('index.html') : null)
    if (file === null) return isPage ? notBuilt(response) : false
    const gzipped = (request.headers['accept-encoding'] ?? '').includes('gzip')
    return respond(response, { status: 200, headers: headersOf(file.name, gzipped), body: gzipped ? file.gzipped : file.plain })
  }
}

/** The file an address names; null when it leads out of the folder or is no address at all. */
function nameOf(address: string): string | null {
  try {
    const name = path.posix.normalize(decodeURIComponent(address)).replace(/^\/+/, '')
    return name.split(/[/\\]/).includes('..') || name.includes('\0') ? null : name === '' ? 'index.html' : name
  } catch {
    return null
  }
}

async function load(dir: string, name: string): Promise<StaticFile | null> {
  try {
    const plain = await readFile(path.join(dir, name))
    return { name, plain, gzipped: await promisify(gzip)(plain) }
  } catch {
    return null
  }
}

const headersOf = (name: string, gzipped: boolean): Record<string, string> => ({
  'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream',
  'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  'content-security-policy': PAGE_POLICY,
  // Some pages have the address of something that programs read as JSON.
  vary: 'accept, authorization, accept-encoding',
  ...(gzipped ? { 'content-encoding': 'gzip' } : {}),
})

const notBuilt = (response: Parameters<Door>[1]): true =>
  respond(response, { status: 503, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'The dashboard is not built: npm start builds it.\n' })

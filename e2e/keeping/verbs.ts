/** The verbs of an operator, as programs of their own that can be killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** As `npm run` starts them once they are built; whoever starts a world has built them. */
const programOf = (verb: 'backup' | 'restore'): string => fileURLToPath(new URL(`../../apps/control-plane/dist/${verb}.js`, import.meta.url))

export interface Ended { code: number | null; said: string }

export interface Verb {
  child: ChildProcess
  ended: Promise<Ended>
}

/** Runs beside nothing of the developer's own: only the data folder is told. */
export function startVerb(verb: 'backup' | 'restore', o: { file: string; env: Record<string, string> }): Verb {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|HOME|USER|LANG|TMPDIR)$/.test(name))
  const child = spawn(process.execPath, [programOf(verb), o.file], { env: { ...Object.fromEntries(kept), ...o.env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => { said += part.toString() })
  return { child, ended: once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, said })) }
}

/** Ends it without a word after so long; answers as if it had been left alone where it was faster. */
export async function killVerb(verb: Verb, afterMs: number): Promise<Ended> {
  const timer = setTimeout(() => verb.child.kill('SIGKILL'), afterMs)
  const ended = await verb.ended
  clearTimeout(timer)
  return ended
}

/**
 * The one process that outlives a runner which was killed with -9, for a moment: it knows the process groups of the commands, and when its
 * standard input closes (which the death of the runner does, however it came) it ends them and itself. It is in a session of its own, so
 * that what is aimed at the runner's group does not hit it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { killGroup, liveGroups, watchGroups, type CommandGroup } from './process-groups.ts'

const AGAIN_MS = 1_000

/** In the runner: starts the guard, tells it every group, starts it again should it die. `self` is what starts this program. */
export function startGuard(self: readonly string[], env: Record<string, string>) {
  let guard: ChildProcess
  const tell = (line: string) => void guard.stdin?.write(line)
  const begin = () => {
    const [file = '', ...args] = self
    guard = spawn(file, [...args, 'guard'], { env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    guard.stdin?.on('error', () => {})
    guard.once('error', () => {}).once('exit', () => setTimeout(begin, AGAIN_MS).unref())
    guard.unref()
    liveGroups().forEach(joined)
  }
  const joined = ({ pid, mark }: CommandGroup) => tell(`+${pid} ${mark}\n`)
  begin()
  watchGroups({ joined, left: ({ pid }) => tell(`-${pid}\n`) })
}

/** In the guard. Never ends before its standard input does. */
export function runGuard() {
  const groups = new Map<number, CommandGroup>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  createInterface({ input: process.stdin })
    .on('line', line => {
      const [first = '', mark = ''] = line.split(' ')
      const pid = Number(first.slice(1))
      if (first.startsWith('+') && pid > 1) groups.set(pid, { pid, mark })
      else groups.delete(pid)
    })
    .on('close', () => {
      groups.forEach(killGroup)
      process.exit(0)
    })
}

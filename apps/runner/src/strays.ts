/**
 * Processes that left their command's group (setsid, a daemon) are found by what they inherited: a variable whose value no other command
 * has. Only Linux tells other processes' environments; elsewhere, and where a process was started with an environment of its own, they stay.
 */
import { readdirSync, readFileSync } from 'node:fs'

/** The variable. It must not begin like a knob of Sluice, which a command may well start. */
export const MARK = 'COMMAND_MARK'

/** One that is found may have had a child since it was looked for. */
const ROUNDS = 5

/** Kills what carries the mark and was started after the leader, whose process id `leader` was. */
export function endStrays({ leader, mark }: { leader: number; mark: string }): void {
  for (let round = 0; round < ROUNDS; round++) {
    const found = processesAfter(leader).filter(pid => carries(pid, `${MARK}=${mark}`))
    if (found.length === 0) return
    for (const pid of found) kill(pid)
  }
}

/** Process ids rise until they begin again; then any may be younger. */
function processesAfter(leader: number): number[] {
  try {
    const latest = Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1))
    const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).filter(pid => pid !== process.pid)
    return latest < leader ? pids : pids.filter(pid => pid > leader)
  } catch {
    return []
  }
}

/** Others' environments cannot be read, and those of what has ended are empty. */
function carries(pid: number, variable: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable)
  } catch {
    return false
  }
}

function kill(pid: number) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was quicker.
  }
}

/**
 * The process groups of the commands that run. A command leads a group of its own, so that a signal reaches whatever it started, and so
 * that a Ctrl-C in the runner's terminal does not. The price is that nobody else ends the group: it is ended here when its leader is out,
 * and when the runner leaves in any way in which it can still act. Against kill -9 there is the guard (guard.ts).
 */
import { endStrays } from './strays.ts'

export interface CommandGroup {
  /** Of its leader, and so of the group. */
  pid: number
  /** What everything that the command starts has in its environment. */
  mark: string
}

const live = new Set<CommandGroup>()

export interface GroupWatcher { joined(group: CommandGroup): void; left(group: CommandGroup): void }
const watchers = new Set<GroupWatcher>()

export const watchGroups = (watcher: GroupWatcher) => void watchers.add(watcher)
export const liveGroups = (): readonly CommandGroup[] => [...live]

export function joinGroup(group: CommandGroup) {
  live.add(group)
  for (const watcher of watchers) watcher.joined(group)
}

/** The leader is out: the rest of its group goes as well, and who left the group. */
export function endGroup(group: CommandGroup) {
  killGroup(group)
  live.delete(group)
  for (const watcher of watchers) watcher.left(group)
}

export function killGroup({ pid, mark }: CommandGroup) {
  signalGroup(pid, 'SIGKILL')
  endStrays({ leader: pid, mark })
}

/** Nothing happens when the group is gone already, or when all of it runs as somebody whom this runner may not signal. */
export function signalGroup(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** At exit only synchronous work is done, and a kill is. */
export function endGroupsAtExit() {
  process.once('exit', () => live.forEach(killGroup))
}

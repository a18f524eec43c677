/**
 * The process groups of the commands that run. A command leads a group of its own, so that a signal reaches whatever it started, and so
 * that a Ctrl-C in the runner's terminal does not. The price is that nobody else ends the group: it is ended here when its leader is out,
 * and when the runner leaves in any way in which it can still act. Against kill -9 there is the guard (guard.ts).
 */
const live = new Set<number>()

export interface GroupWatcher { joined(group: number): void; left(group: number): void }
const watchers = new Set<GroupWatcher>()

export const watchGroups = (watcher: GroupWatcher) => void watchers.add(watcher)
export const liveGroups = (): readonly number[] => [...live]

export function joinGroup(group: number) {
  live.add(group)
  for (const watcher of watchers) watcher.joined(group)
}

/** The leader is out: the rest of its group goes as well. */
export function endGroup(group: number) {
  signalGroup(group, 'SIGKILL')
  live.delete(group)
  for (const watcher of watchers) watcher.left(group)
}

/** Nothing happens when the group is gone already. */
export function signalGroup(group: number, signal: NodeJS.Signals) {
  try {
    process.kill(-group, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** At exit only synchronous work is done, and a kill is. */
export function endGroupsAtExit() {
  process.once('exit', () => {
    for (const group of live) signalGroup(group, 'SIGKILL')
  })
}

/**
 * Who may be asked now (D-27): pure arithmetic over what a sender has under way. A host and port that answered its latest attempt gets perHost requests at
 * once; one that did not, or was never asked, gets one. And those are bounded together, so that however many receivers hang, who answers finds room.
 */
export type Standing = 'answers' | 'unknown' | 'silent'
export interface HostLoad { busy: number; standing: Standing }
export interface RoomLimits { concurrency: number; perHost: number }

/** Of the whole concurrency, at most this part for hosts of the standing. */
const SHARE: Record<Standing, number> = { answers: 1, unknown: 1 / 2, silent: 1 / 4 }

const standingOf = (load: HostLoad | undefined): Standing => load?.standing ?? 'unknown'
const roomOf = (load: HostLoad | undefined, { perHost }: RoomLimits): number => (standingOf(load) === 'answers' ? perHost : 1) - (load?.busy ?? 0)
const shareOf = (standing: Standing, { concurrency }: RoomLimits): number => Math.max(1, Math.floor(concurrency * SHARE[standing]))

/** Hosts that have all the requests under way that they may have. */
export const fullHosts = (loads: ReadonlyMap<string, HostLoad>, limits: RoomLimits): string[] => [...loads].filter(([, load]) => roomOf(load, limits) <= 0).map(([host]) => host)

/** The first of the candidates, in their order, that find room. */
export function chooseByRoom<T extends { host: string }>(candidates: readonly T[], o: { loads: ReadonlyMap<string, HostLoad>; limits: RoomLimits }): T[] {
  const busy = new Map([...o.loads].map(([host, load]) => [host, load.busy]))
  const used: Record<Standing, number> = { answers: 0, unknown: 0, silent: 0 }
  for (const load of o.loads.values()) used[load.standing] += load.busy
  let free = o.limits.concurrency - (used.answers + used.unknown + used.silent)
  return candidates.filter(({ host }) => {
    const load = o.loads.get(host)
    const standing = standingOf(load)
    const now = busy.get(host) ?? 0
    if (free <= 0 || roomOf({ standing, busy: now }, o.limits) <= 0 || used[standing] >= shareOf(standing, o.limits)) return false
    busy.set(host, now + 1)
    used[standing] += 1
    free -= 1
    return true
  })
}

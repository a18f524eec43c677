import { knownNames } from './knobs.ts'

const OURS = /^(SLUICE|FLOW|WEBHOOK|WAITPOINT|LEASE|SWEEP|RUNNER)_/
const NEAR_MISS_LETTERS = 8

/** Sentences about variables that look meant for us and are not: a knob that silently does nothing is worse than no start. */
export function unknownVariables(names: string[]): string[] {
  const known = knownNames()
  return names.filter(name => !known.includes(name)).flatMap(name => complaint(name, known))
}

function complaint(name: string, known: string[]): string[] {
  const near = OURS.test(name) ? known : known.filter(knob => isNearMiss(name, knob))
  return near.length === 0 ? [] : [`${name} is no knob of Sluice; the nearest is ${nearest(name, near)}.`]
}

function isNearMiss(name: string, knob: string): boolean {
  return name.length >= NEAR_MISS_LETTERS && Math.abs(name.length - knob.length) <= 1 && editDistance(name, knob) === 1
}

function nearest(name: string, knobs: string[]): string {
  const measured = knobs.map(knob => ({ knob, edits: editDistance(name, knob) }))
  return measured.reduce((best, each) => (each.edits < best.edits ? each : best)).knob
}

/** Letters to insert, remove, replace or swap with their neighbour to get from one to the other. */
export function editDistance(a: string, b: string): number {
  const table: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i])
  const at = (i: number, j: number) => table[i]?.[j] ?? i + j
  for (let j = 1; j <= b.length; j += 1) (table[0] ??= [])[j] = j
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = swaps ? at(i - 2, j - 2) + 1 : Infinity
      ;(table[i] ??= [])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped)
    }
  }
  return at(a.length, b.length)
}

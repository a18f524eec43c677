import type { Json } from '@sluice/protocol'
import { formatBytes } from '../../ui/bytes.ts'
import { formatDuration } from '../../ui/duration.ts'
import { shortenId } from '../../ui/short-id.tsx'

/** Names by id, as far as they are known. */
export type Names = ReadonlyMap<string, string>

/** Who an actor is: the system, a name that is known, or the id, shortened. */
export const nameOf = (id: string, names: Names): string => (id === 'system' ? 'the system' : (names.get(id) ?? shortenId(id)))

const isObject = (value: Json): value is { [key: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every event has them beside its payload, and a worker is named by its id already. */
const SAID_BESIDE = new Set(['status', 'phase', 'workerName'])

/** What an event carried besides what stands in its line anyway: no nulls, and nobody twice. */
export const carriedBy = (payload: Json, actor: string | null = null): [string, Json][] =>
  isObject(payload) ? Object.entries(payload).filter(([key, value]) => value !== null && !SAID_BESIDE.has(key) && !(key === 'by' && value === actor)) : []

export const isFlat = (entries: readonly [string, Json][]): boolean => entries.every(([, value]) => typeof value !== 'object')

const spaced = (key: string) => (key === 'bytes' ? 'size' : key).replace(/Ms$/, '').replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)

/** "worker: tired-worker, attempt: 2, delay: 4.2s": what an event carried, for reading. Attempts count from 1, as everywhere on the pages. */
export const inWords = (entries: readonly [string, Json][], names: Names): string => entries.map(([key, value]) => `${spaced(key)}: ${valueInWords(key, value, names)}`).join(', ')

const valueInWords = (key: string, value: Json, names: Names): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return numberInWords(key, value)
  if (typeof value === 'string') return value === 'system' || names.has(value) ? nameOf(value, names) : value
  return isObject(value) ? `(${inWords(carriedBy(value), names)})` : JSON.stringify(value)
}

const numberInWords = (key: string, value: number): string => {
  if (key === 'attempt') return String(value + 1)
  if (key.endsWith('Ms')) return formatDuration(value)
  return key === 'bytes' || key === 'size' ? formatBytes(value) : String(value)
}

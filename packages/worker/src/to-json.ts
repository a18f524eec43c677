import type { Json } from '@sluice/protocol'

/** What a value becomes on the wire; undefined becomes null. Circular values and big integers have no JSON. */
export function toJson(value: unknown): { ok: true; value: Json } | { ok: false; why: string } {
  try {
    return { ok: true, value: JSON.parse(JSON.stringify(value) ?? 'null') as Json }
  } catch (error) {
    return { ok: false, why: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) }
  }
}

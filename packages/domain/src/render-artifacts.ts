/** What a webhook's body says of artifacts (product.md 9.5): metadata of each, and of small ones the bytes, where the endpoint asked for them (D-20). */
import type { Json } from '@sluice/protocol'

/** bytes: of one that is small enough, where they may go into the body. */
export interface WebhookArtifact { name: string; mediaType: string; size: number; digest: string; bytes: Buffer | null }

interface Room {
  /** Where the flow is. */
  flowUrl: string
  /** How many bytes of JSON there is room for. */
  bytes: number
  inline: boolean
}

/**
 * As many as there is room for, and how many there are where that is not all. Then the smallest of them with their bytes, as long as they fit: as text where they
 * are text by type and in fact, else as base64.
 */
export function renderArtifacts(artifacts: WebhookArtifact[], room: Room): { artifacts: Json[]; artifacts_total?: number } {
  let left = room.bytes
  const listed: { of: WebhookArtifact; shown: { [key: string]: Json } }[] = []
  for (const of of artifacts) {
    const shown = { name: of.name, media_type: of.mediaType, size: of.size, digest: of.digest, url: `${room.flowUrl}/artifacts/${of.name}` }
    left -= written(shown)
    if (left < 0) break
    listed.push({ of, shown })
  }
  const inlined = room.inline ? listed.flatMap(({ of, shown }) => withBytes(of, shown)) : []
  for (const { shown, inline, bytes } of inlined.toSorted((a, b) => a.bytes - b.bytes)) {
    left -= bytes
    if (left < 0) break
    Object.assign(shown, inline)
  }
  return { artifacts: listed.map(({ shown }) => shown), ...(listed.length < artifacts.length ? { artifacts_total: artifacts.length } : {}) }
}

/** With a comma, or what stands around it. */
const written = (json: Json): number => Buffer.byteLength(JSON.stringify(json)) + 1

const withBytes = (of: WebhookArtifact, shown: object) => {
  const inline = inlineOf(of)
  return inline === null ? [] : [{ shown, inline, bytes: written(inline) }]
}

function inlineOf({ mediaType, bytes }: WebhookArtifact): { inline: string; encoding: 'utf-8' | 'base64' } | null {
  if (bytes === null) return null
  const text = TEXTUAL.test(mediaType) ? textOf(bytes) : null
  return text === null ? { inline: bytes.toString('base64'), encoding: 'base64' } : { inline: text, encoding: 'utf-8' }
}

const TEXTUAL = /^(text\/|application\/([\w.-]+\+)?json\b)/i

function textOf(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

/**
 * Types that a browser shows or saves and never runs. Whatever else an artifact calls itself, it is bytes to a browser: a page or a picture with a script in it
 * must not run on the dashboard's origin (it would, signed in).
 */
const SAFE = new Set([
  'text/plain', 'text/csv', 'text/markdown', 'application/json', 'application/x-ndjson', 'application/pdf', 'application/zip', 'application/gzip',
  'application/x-tar', 'application/octet-stream', 'image/png', 'image/jpeg', 'image/gif', 'image/webp', 'audio/mpeg', 'audio/ogg', 'audio/wav', 'video/mp4', 'video/webm',
])

/** What an artifact is served as. Of its parameters only the encoding of text is left. */
export function safeType(mediaType: string): string {
  const [type = '', ...parameters] = mediaType.split(';').map((part) => part.trim().toLowerCase())
  if (!SAFE.has(type)) return 'application/octet-stream'
  const charset = parameters.find((one) => /^charset="?[a-z0-9._-]+"?$/.test(one))
  return charset ? `${type}; ${charset.replaceAll('"', '')}` : type
}

/** Which bytes: from one up to another, which is not included. */
export interface ByteRange { from: number; to: number }

/**
 * What a Range header asks for of so many bytes (RFC 9110): one range, `unsatisfiable` when it lies behind the end, or null where all is answered: there is no
 * header, or it asks for several ranges or in another unit, which may be ignored.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return null
  if (first === '') return Number(last) === 0 || size === 0 ? 'unsatisfiable' : { from: Math.max(0, size - Number(last)), to: size }
  const from = Number(first)
  const to = last === '' ? size : Math.min(size, Number(last) + 1)
  // Backwards: no range at all.
  if (last !== '' && Number(last) < from) return null
  return from >= size ? 'unsatisfiable' : { from, to }
}

/** Between an instant (RFC 3339, UTC) and the text of a datetime-local input, which knows no zone but the browser's. */

const two = (number: number) => String(number).padStart(2, '0')

/** The text that such an input shows; empty for none. */
export const toLocalInput = (instant: string | undefined): string => {
  if (instant === undefined) return ''
  const at = new Date(instant)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** The instant that was typed; undefined while it is none. */
export const fromLocalInput = (text: string): string | undefined => {
  const at = new Date(text)
  return text === '' || Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}

/** What a receiver sends may be anything; what is kept of it is text that PostgreSQL, JSON and a terminal take. */

/** NUL, which PostgreSQL refuses, and what would steer a terminal; tabs and line breaks stay. */
const CONTROLS = /(?![\t\n\r])\p{Cc}/gu

export const withoutControls = (text: string): string => text.replace(CONTROLS, '\ufffd')

/** UTF-8 as far as it is some. A character that the end of a cut text divides is left out. */
export const textOf = (bytes: Buffer, { isCut }: { isCut: boolean }): string => withoutControls(new TextDecoder().decode(bytes, { stream: isCut }))

/** As much of it as fits. */
export function upToBytes(text: string, max: number): string {
  const bytes = Buffer.from(text)
  return bytes.length <= max ? text : new TextDecoder().decode(bytes.subarray(0, max), { stream: true })
}

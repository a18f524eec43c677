/**
 * Receivers repeat what they were asked: "Cannot POST /hooks/T0/B0/token", a Location, an error page. An address is itself a secret, so
 * what is kept of an answer is searched for it, and for the secrets, in the spellings that programs write by themselves.
 */
export const REDACTED = '[redacted]'

/** Shorter parts hold no secret and would be found in every other word. */
const PART_MIN = 8
const PATH_MIN = 4

export interface Redactor {
  /** isCut: it is the beginning of a longer text; a secret that its end divides goes as well. */
  redact(text: string, o?: { isCut: boolean }): string
}

export function redactorOf({ url, secrets }: { url: string; secrets: readonly Buffer[] }): Redactor {
  const words = [...new Set([...wordsOfUrl(url), ...secrets.flatMap(wordsOfSecret)])].sort((one, other) => other.length - one.length)
  const pattern = new RegExp(words.map(escaped).join('|'), 'gi')
  return {
    redact: (text, { isCut } = { isCut: false }) => {
      // The end goes first: with its parts replaced, the beginning of a whole address would not be recognised any more.
      const whole = isCut ? text.slice(0, text.length - longestBeginningAtEnd(text, words)) : text
      return words.length === 0 ? whole : whole.replace(pattern, REDACTED)
    },
  }
}

function wordsOfUrl(text: string): string[] {
  if (!URL.canParse(text)) return text.length >= PART_MIN ? [text] : []
  const { href, hash, origin, pathname, search, searchParams } = new URL(text)
  const paths = [pathname + search, pathname, decoded(pathname + search)].filter(each => each.length >= PATH_MIN)
  const parameters = [...searchParams].map(([name, value]) => (value === '' ? name : value))
  const parts = [...pathname.split('/'), ...search.slice(1).split(/[&=]/), ...parameters].flatMap(part => [part, decoded(part)])
  const whole = pathname + search === '/' ? [] : [text, href.slice(0, href.length - hash.length), origin + decoded(pathname + search)]
  return [...[...whole, ...paths].flatMap(asWritten), ...parts.filter(part => part.length >= PART_MIN).flatMap(asWritten)]
}

const wordsOfSecret = (secret: Buffer): string[] => {
  const base64 = secret.toString('base64')
  return [base64, base64.replace(/=+$/, ''), secret.toString('base64url'), secret.toString('hex')].flatMap(word => [`whsec_${word}`, word])
}

/** As it is, as JSON writers that escape slashes have it, as HTML has it. */
const asWritten = (text: string): string[] => [text, text.replaceAll('/', '\\/'), text.replaceAll('&', '&amp;'), encoded(text)]

/** Of a text that is no whole Unicode there is no such form. */
function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const escaped = (word: string): string => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** How many characters at the end of the text are the beginning of a word. Fewer than a few tell nothing, and are the end of many a text. */
function longestBeginningAtEnd(text: string, words: readonly string[]): number {
  const end = text.toLowerCase()
  const lengths = words.map(word => beginningAtEnd(end, word.toLowerCase()))
  return Math.max(0, ...lengths)
}

function beginningAtEnd(text: string, word: string): number {
  for (let length = Math.min(text.length, word.length - 1); length >= PATH_MIN; length--) if (text.endsWith(word.slice(0, length))) return length
  return 0
}

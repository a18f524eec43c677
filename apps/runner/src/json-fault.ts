/** Where a text stops being JSON, which the platform's own parser says only sometimes. */

const TOKEN = /[\t\n\r ]*(?:[{}[\],:]|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy

/** What may come, in the words of the message. */
const WANTS = {
  value: 'a value', first: 'a value or ]', name: 'a name in double quotes', firstName: 'a name in double quotes or }', colon: 'a colon', more: 'a comma or the closing bracket',
  end: 'nothing more',
}
type Want = keyof typeof WANTS

export interface JsonFault { line: number; column: number; expected: string }

/** null = it is JSON, as far as this can tell. */
export function jsonFault(text: string): JsonFault | null {
  const open: string[] = []
  let want: Want = 'value'
  let at = 0
  while (!/^[\t\n\r ]*$/.test(text.slice(at))) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)?.[0]
    const next: Want | null = token === undefined ? null : after(want, token.trim(), open)
    if (token === undefined || next === null) break
    want = next
    at += token.length
  }
  const rest = /^[\t\n\r ]*/.exec(text.slice(at))?.[0].length ?? 0
  if (want === 'end' && at + rest === text.length) return null
  const before = text.slice(0, at + rest).split('\n')
  return { line: before.length, column: (before.at(-1) ?? '').length + 1, expected: WANTS[want] }
}

/** null = this token may not come now. `open` are the brackets around it. */
function after(want: Want, token: string, open: string[]): Want | null {
  const isValue = want === 'value' || want === 'first'
  const isName = want === 'name' || want === 'firstName'
  if (token === '{' || token === '[') return isValue ? (open.push(token), token === '{' ? 'firstName' : 'first') : null
  if (token === '}' || token === ']') {
    const closes = want === 'more' || want === (token === '}' ? 'firstName' : 'first')
    return closes && open.pop() === (token === '}' ? '{' : '[') ? done(open) : null
  }
  if (token === ',') return want === 'more' ? (open.at(-1) === '{' ? 'name' : 'value') : null
  if (token === ':') return want === 'colon' ? 'value' : null
  if (isName) return token.startsWith('"') ? 'colon' : null
  return isValue ? done(open) : null
}

const done = (open: string[]): Want => (open.length > 0 ? 'more' : 'end')

/**
 * `{input.name}` and `{input.some.name}` in a text of the runner's file: a part of one argument, or of a URL's path or query. What is
 * filled in is a value and never anything else: no shell sees it, it makes no second argument, it leaves its part of the path.
 */
import type { Json } from '@sluice/protocol'

/** The input cannot be filled in, and will not be another time. The message names the placeholder and reaches whoever gave the input. */
export class Misfit extends Error {
  override readonly name = 'Misfit'
}

const PLACEHOLDER = /\{input((?:\.[A-Za-z0-9_-]+)+)\}/g
const LOOKS_LIKE_ONE = /\{input(?![A-Za-z0-9_])[^}]*\}?/
/** `{inputs.name}`; but `${a.b}`, `{{a.b}}` and the like are words of other programs. */
const OF_ANOTHER_ROOT = /(?<![$%@#{])\{[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)+\}/

export const hasPlaceholder = (text: string): boolean => LOOKS_LIKE_ONE.test(text)

/** What looks like a placeholder and is none; null when all are well. */
export function malformedPlaceholder(text: string): string | null {
  return malformedInProgram(text) ?? OF_ANOTHER_ROOT.exec(text.replaceAll(PLACEHOLDER, ''))?.[0] ?? null
}

/** The same in a program for an interpreter, where other braces are its own. */
export function malformedInProgram(text: string): string | null {
  return LOOKS_LIKE_ONE.exec(text.replaceAll(PLACEHOLDER, ''))?.[0] ?? null
}

/** In a URL every brace is one: none may stand there unencoded. */
export const malformedInUrl = (text: string): string | null => malformedPlaceholder(text) ?? /\{[^}]*\}?|\}/.exec(text.replaceAll(PLACEHOLDER, ''))?.[0] ?? null

/** Throws a Misfit. An argument that begins with what was filled in must not become an option, unless `--` stands before it. */
export function fillArguments(templates: readonly string[], input: Json): string[] {
  const optionsEnd = templates.indexOf('--')
  return templates.map((template, i) => {
    const filled = fill(template, { input, encode: plainArgument })
    const [first = ''] = PLACEHOLDER_AT_START.exec(template) ?? []
    if (first === '' || (optionsEnd !== -1 && optionsEnd < i) || !filled.startsWith('-')) return filled
    if (typeof valueAt(input, first) === 'number') return filled
    throw new Misfit(`${first} is "${shorten(filled)}", which the command would read as an option; write -- before it in the runner's file to allow that`)
  })
}

const PLACEHOLDER_AT_START = /^\{input((?:\.[A-Za-z0-9_-]+)+)\}/

/** Throws a Misfit. A segment of the path stays one segment of the path. */
export function fillUrl(template: string, input: Json): string {
  const [, origin = '', path = '', query = ''] = /^([^:]+:\/\/[^/?]*)([^?]*)(.*)$/s.exec(template) ?? []
  const segments = path.split('/').map(segment => {
    const filled = fill(segment, { input, encode: encodeURIComponent })
    if (hasPlaceholder(segment) && /^(\.|%2e){0,2}$/i.test(filled)) throw new Misfit(`"${filled}" cannot stand for ${segment} in the path of a URL`)
    return filled
  })
  return origin + segments.join('/') + fill(query, { input, encode: encodeURIComponent })
}

function fill(template: string, o: { input: Json; encode(value: string): string }): string {
  return template.replaceAll(PLACEHOLDER, placeholder => {
    const value = valueAt(o.input, placeholder)
    try {
      return o.encode(String(value))
    } catch (error) {
      throw new Misfit(`${placeholder} cannot be filled in: ${error instanceof Error ? error.message : String(error)}`)
    }
  })
}

function valueAt(input: Json, placeholder: string): string | number | boolean {
  const names = placeholder.slice('{input.'.length, -1).split('.')
  const value = names.reduce<Json | undefined>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), input)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  const what = value == null ? 'the input has no such value' : 'it is not a text, a number, true or false'
  throw new Misfit(`${placeholder} cannot be filled in: ${what}`)
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } => typeof value === 'object' && value !== null

function plainArgument(value: string): string {
  if (value.includes('\0')) throw new Error('an argument cannot contain U+0000')
  return value
}

const shorten = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text)

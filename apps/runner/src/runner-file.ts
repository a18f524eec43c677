/** The runner's file as kinds: its shape by the JSON Schema beside it, and what a schema cannot say. Every problem names its place in the file. */
import { isAbsolute, basename, resolve } from 'node:path'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Outbound } from '@sluice/outbound'
import type { Json } from '@sluice/protocol'
import type { KindDefaults } from '@sluice/worker'
import schema from '../runner.schema.json' with { type: 'json' }
import type { CommandKind } from './command-kind.ts'
import { parseDuration } from './duration.ts'
import { jsonFault } from './json-fault.ts'
import { hasPlaceholder, malformedInProgram, malformedInUrl, malformedPlaceholder } from './placeholders.ts'
import type { UrlKind } from './url-kind.ts'

export type KindSpec = CommandKind | UrlKind
export type KindSpecs = Record<string, KindSpec>

/** What the words in braces stand for, and what addresses are held to. */
export interface FilePlaces {
  /** Absolute; relative folders count from here. */
  folder: string
  /** `{runner}`: what starts this program, without its arguments. */
  self: readonly string[]
  /** `{checkout}`. */
  checkout: string
  /** `{controlPlane}`: its address. */
  controlPlane: string
  outbound: Outbound
}

/** The file cannot be used; each problem is `place what is wrong with it`. */
export class RunnerFileRefused extends Error {
  override readonly name = 'RunnerFileRefused'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('; '))
    this.problems = problems
  }
}

interface WrittenKind {
  title?: string; inputSchema?: Json; defaults?: KindDefaults; timeout?: string
  command?: string[]; cwd?: string; env?: Record<string, string>
  url?: string; method?: string; headers?: Record<string, string>
}

const SHOWN = 5
const TIMER_MAX = 2 ** 31 - 1

const isWellFormed = new Ajv2020({ allErrors: true, strict: false }).compile<{ kinds: Record<string, WrittenKind> }>(schema)

/** Throws RunnerFileRefused. */
export function readRunnerFile(text: string, places: FilePlaces): KindSpecs {
  const file = parse(text)
  if (!isWellFormed(file)) throw new RunnerFileRefused([...new Set((isWellFormed.errors ?? []).filter(isTold).map(sentenceOf))].slice(0, SHOWN))
  const problems = Object.entries(file.kinds).flatMap(([name, kind]) => problemsOf(kind, places).map(problem => `/kinds/${escape(name)}${problem}`))
  if (problems.length > 0) throw new RunnerFileRefused(problems.slice(0, SHOWN))
  return Object.fromEntries(Object.entries(file.kinds).map(([name, kind]) => [name, specOf(kind, places)]))
}

function parse(text: string): unknown {
  const json = text.replace(/^\uFEFF/, '')
  try {
    return JSON.parse(json)
  } catch {
    // The platform's own message quotes the file, which may hold a password.
    const fault = jsonFault(json)
    throw new RunnerFileRefused([fault ? `line ${fault.line}, column ${fault.column} is not JSON: expected ${fault.expected}` : 'the file is not JSON'])
  }
}

/** That the branch failed is said by what failed in it. */
const isTold = (error: ErrorObject) => error.keyword !== 'if' && error.keyword !== 'propertyNames'

const isNoKind = (at: string, { keyword, params }: Pick<ErrorObject, 'keyword' | 'params'>) =>
  (at === '/' && keyword === 'required' && params['missingProperty'] === 'kinds') || (at === '/kinds' && keyword === 'minProperties')

function sentenceOf({ instancePath, keyword, params, message, propertyName }: ErrorObject): string {
  const at = instancePath === '' ? '/' : instancePath
  if (isNoKind(at, { keyword, params })) return '/kinds names no kind; one looks like "my.kind": { "command": ["my-program"] }'
  if (at === '/kinds' && propertyName !== undefined) return `/kinds has the name "${propertyName}", which must be 1 to 64 letters, digits and . _ : / -, a letter or digit first`
  if (/^\/kinds\/[^/]*\/timeout$/.test(at)) return `${at} must be a duration such as 45s, 10m, 24h`
  if (keyword === 'additionalProperties' && params['additionalProperty'] === 'command') return `${at} has both command and url; a kind is one of them`
  if (keyword === 'additionalProperties') return `${at} has the unknown member "${String(params['additionalProperty'])}"`
  if (keyword === 'required') return `${at} lacks "${String(params['missingProperty'])}"`
  if (keyword === 'enum') return `${at} must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`
  return propertyName === undefined ? `${at} ${message ?? 'is not as it must be'}` : `${at} has the name "${propertyName}", which ${message ?? 'is not allowed'}`
}

const escape = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

function problemsOf(kind: WrittenKind, places: FilePlaces): string[] {
  return [
    ...(kind.command ? commandProblems(kind.command, kind) : []),
    ...(kind.url === undefined ? [] : urlProblems(kind.url, places)),
    ...headerProblems(kind.headers ?? {}),
    ...(kind.timeout !== undefined && parseDuration(kind.timeout) > TIMER_MAX ? ['/timeout is longer than 24 days'] : []),
    ...schemaProblems(kind.inputSchema),
  ]
}

const NO_PLACEHOLDER = 'which is no placeholder; one looks like {input.name}'
/** What an interpreter takes its program after. */
const PROGRAM_FOLLOWS = /^(-[A-Za-z]*[ceE]|--eval|--print|--command|\/c)$/
/** Programs that read an argument as a program of their own. */
const SHELLS = /^(ba|z|da|k|c|fi|tc|a)?sh(\.exe)?$|^(cmd|powershell|pwsh)(\.exe)?$/i

function commandProblems(command: string[], { cwd = '', env = {} }: WrittenKind): string[] {
  const [program = ''] = command
  const isShell = SHELLS.test(basename(program))
  return [
    ...command.flatMap((argument, i) => {
      const malformed = (PROGRAM_FOLLOWS.test(command[i - 1] ?? '') ? malformedInProgram : malformedPlaceholder)(argument)
      if (malformed !== null) return [`/command/${i} has ${malformed}, ${NO_PLACEHOLDER}`]
      if (i === 0 && hasPlaceholder(argument)) return ['/command/0 is the program and cannot come from the input']
      const isScript = isShell && /^[-/]/.test(command[i - 1] ?? '') && /c(ommand)?$/i.test(command[i - 1] ?? '')
      return isScript && hasPlaceholder(argument) ? [`/command/${i} is a script for ${basename(program)}, which would run what the input says; pass {input.…} as an argument of the script`] : []
    }),
    ...(program === '' ? ['/command/0 must name a program'] : []),
    ...(hasPlaceholder(cwd) ? ['/cwd cannot come from the input'] : []),
    ...Object.entries(env).filter(([, value]) => hasPlaceholder(value)).map(([name]) => `/env/${name} cannot come from the input`),
  ]
}

function urlProblems(url: string, { outbound }: FilePlaces): string[] {
  const malformed = malformedInUrl(url)
  if (malformed !== null) return [`/url has ${malformed}, ${NO_PLACEHOLDER}`]
  const refused = outbound.refuse(url.replaceAll(/[{}]/g, ''))
  return refused ? [`/url: ${refused.message}`] : []
}

/** They belong to the connection, or say where the request goes. */
const OWN_HEADERS = ['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'proxy-connection', 'upgrade', 'expect', 'te', 'trailer']

const headerProblems = (headers: Record<string, string>): string[] =>
  Object.keys(headers).filter(name => OWN_HEADERS.includes(name.toLowerCase())).map(name => `/headers/${name} is set by the connection itself`)

/** As the control plane will compile it, which refuses the whole registration otherwise. */
function schemaProblems(inputSchema: Json | undefined): string[] {
  if (inputSchema === undefined) return []
  try {
    const ajv = new Ajv2020({ strict: false })
    ;(addFormats as unknown as (a: Ajv2020) => void)(ajv)
    ajv.compile(inputSchema as object)
    return []
  } catch (error) {
    return [`/inputSchema is not a JSON Schema: ${error instanceof Error ? error.message : String(error)}`]
  }
}

function specOf(kind: WrittenKind, places: FilePlaces): KindSpec {
  const base = {
    timeoutMs: kind.timeout === undefined ? null : parseDuration(kind.timeout),
    ...(kind.title !== undefined && { title: kind.title }),
    ...(kind.inputSchema !== undefined && { inputSchema: kind.inputSchema }),
    ...(kind.defaults !== undefined && { defaults: kind.defaults }),
  }
  if (kind.url !== undefined) return { ...base, url: kind.url, method: kind.method ?? 'POST', headers: kind.headers ?? {} }
  const place = (text: string) => text.replaceAll('{checkout}', places.checkout).replaceAll('{controlPlane}', places.controlPlane)
  const cwd = place(kind.cwd ?? '.')
  return {
    ...base,
    command: (kind.command ?? []).flatMap(argument => (argument === '{runner}' ? [...places.self] : [place(argument)])),
    cwd: isAbsolute(cwd) ? cwd : resolve(places.folder, cwd),
    env: Object.fromEntries(Object.entries(kind.env ?? {}).map(([name, value]) => [name, place(value)])),
  }
}

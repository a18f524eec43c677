import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kind, parse, visit, type DefinitionNode, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql'
import { describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { tooMuch } from '../src/graphql/document-limits.ts'
import { schema } from '../src/graphql/schema.ts'

const SOURCES = fileURLToPath(new URL('../../dashboard/src', import.meta.url))
const { queryCost, queryDepth: depth, pageDefault, pageMax } = readConfig({})

/** What a page may use of what the API allows: a field more must not be the end of it. */
const ROOM = 0.8
/** How large the pages are that documents ask for by a variable; any other: as large as they may be. */
const PAGES: Record<string, number> = { endedFirst: 50 }

const definitions: DefinitionNode[] = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'))
  .flatMap((file) => [...readFileSync(join(SOURCES, file), 'utf8').matchAll(/graphql\(\s*`([^`]*)`/g)])
  .flatMap(([, text = '']) => parse(text).definitions)
const fragments = new Map(definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [])))
const operations = definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION)

/** With every fragment that it needs, as it is sent. */
const wholeOf = (operation: OperationDefinitionNode): [OperationDefinitionNode, ...FragmentDefinitionNode[]] => {
  const needed = new Map<string, FragmentDefinitionNode>()
  const follow = (node: DefinitionNode): void => {
    visit(node, { FragmentSpread: ({ name: { value } }) => {
      const fragment = fragments.get(value)
      if (!fragment) throw new Error(`No document has the fragment ${value}.`)
      if (needed.has(value)) return
      needed.set(value, fragment)
      follow(fragment)
    } })
  }
  follow(operation)
  return [operation, ...needed.values()]
}

const pagesOf = ({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, number> =>
  Object.fromEntries(variableDefinitions.filter(({ type }) => JSON.stringify(type).includes('"Int"')).map(({ variable: { name } }) => [name.value, PAGES[name.value] ?? pageMax]))

describe('documents of the dashboard', () => {
  test('are found', () => expect(operations.length).toBeGreaterThan(40))

  test.each(operations.map((one) => [one.name?.value ?? '', one] as const))('%s leaves a fifth of QUERY_COST free', (_name, operation) => {
    const limits = { depth, aliases: 100, cost: queryCost * ROOM, pageDefault }
    expect(tooMuch(schema, { kind: Kind.DOCUMENT, definitions: wholeOf(operation) }, { limits, variables: pagesOf(operation) })?.message).toBeUndefined()
  })
})

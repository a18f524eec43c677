import { readFileSync } from 'node:fs'
import { buildSchema, getVariableValues, parse, validate, type OperationDefinitionNode } from 'graphql'
import { describe, expect, test } from 'vitest'

const ROOT = new URL('../../../', import.meta.url)
const schema = buildSchema(readFileSync(new URL('apps/control-plane/schema.graphql', ROOT), 'utf8'))

interface Block {
  language: string
  text: string
}

interface Example {
  document: string
  /** The JSON block that follows it, if one does. */
  variables: string | null
}

const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({ language, text }))

function examplesOf(blocks: Block[]): Example[] {
  return blocks.flatMap((block, i) => {
    const next = blocks[i + 1]
    return documentsIn(block).map(document => ({ document, variables: next?.language === 'json' ? next.text : null }))
  })
}

/** A document stands in a block of its own, in the body of a curl, or in a program's `query`. */
function documentsIn({ language, text }: Block): string[] {
  if (language === 'graphql') return [text]
  if (language === 'js') return [...text.matchAll(/query = `([^`]*)`/g)].map(([, document = '']) => document)
  return [...text.matchAll(/-d '([^']*)'/g)].map(([, body = '']) => (JSON.parse(body) as { query: string }).query)
}

/** What the server would refuse about it; variables are only looked at when they are shown. */
function problemsOf({ document, variables }: Example): string[] {
  const parsed = parse(document)
  const invalid = validate(schema, parsed)
  if (invalid.length > 0 || variables === null) return invalid.map(each => each.message)
  const [operation] = parsed.definitions as OperationDefinitionNode[]
  const { errors = [] } = getVariableValues(schema, operation?.variableDefinitions ?? [], JSON.parse(variables) as Record<string, unknown>)
  return errors.map(each => each.message)
}

describe('every example of docs/api.md is one that the server accepts', () => {
  const examples = examplesOf(blocksOf(readFileSync(new URL('docs/api.md', ROOT), 'utf8')))

  test.each(examples)('$document', example => {
    expect(problemsOf(example)).toEqual([])
  })

  test('curl, program and blocks are all found', () => {
    expect(examples.length).toBeGreaterThanOrEqual(11)
    expect(examples.filter(({ variables }) => variables !== null).length).toBeGreaterThanOrEqual(6)
  })

  test('a field or a variable that there is not is seen', () => {
    expect(problemsOf({ document: '{ nothing }', variables: null })).toEqual([expect.stringContaining('"nothing"')])
    const document = 'mutation ($input: SetCapInput!) { setCap(input: $input) { __typename } }'
    expect(problemsOf({ document, variables: '{ "input": { "most": 1 } }' })).toEqual([expect.stringContaining('"most"')])
  })
})

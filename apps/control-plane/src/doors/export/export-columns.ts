import { Components, Describer, type JsonSchema } from '../rest/json-schema.ts'
import type { Data, StoredDocument } from '../rest/stored-document.ts'
import type { Column } from './csv.ts'

interface ObjectSchema { properties: Record<string, JsonSchema>; required: string[] }

/** The columns of a list as CSV: what its document selects, in that order. An object of fields is a column per field, a list or any JSON one of text. */
export function columnsOf(document: StoredDocument, rows: string[], asked: Data): Column[] {
  const components = new Components()
  const row = new Describer(components, document).at(document.operation, rows)
  return columnsBelow(row, components).filter((column) => isAsked(column, row, asked))
}

function columnsBelow(schema: JsonSchema, components: Components): Column[] {
  const object = objectOf(schema, components)
  if (object === null) return [[]]
  return Object.entries(object.properties).flatMap(([name, below]) => columnsBelow(below, components).map((column) => [name, ...column]))
}

/** What is selected only on request is required of no row. */
function isAsked([name = '']: Column, row: JsonSchema, asked: Data): boolean {
  return (row as unknown as ObjectSchema).required.includes(name) || asked[name] === true
}

function objectOf(schema: JsonSchema, components: Components): ObjectSchema | null {
  if (typeof schema === 'boolean') return null
  const [present] = (schema['anyOf'] as JsonSchema[] | undefined) ?? [schema]
  if (typeof present !== 'object') return null
  const name = typeof present['$ref'] === 'string' ? present['$ref'].split('/').at(-1) : undefined
  const opened = name === undefined ? present : components.schemas[name]
  return typeof opened === 'object' && 'properties' in opened ? (opened as unknown as ObjectSchema) : null
}

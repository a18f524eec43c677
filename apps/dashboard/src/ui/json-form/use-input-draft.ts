import type { Json } from '@sluice/protocol'
import { useMemo, useState } from 'react'
import { beginningOf } from './input-fields.ts'
import { printJson, readJson } from './json-text.ts'

/** wrong: where the text is no JSON, or null; value is then what it was before. */
export interface InputDraft { text: string; value: Json; wrong: string | null; type(text: string): void; put(value: Json): void }

/** The text of the input, and the last value that it was. begun: what was typed before; else it begins as the defaults of the schema. onText: what is typed now. */
export const useInputDraft = (schema: Json, { begun, onText }: { begun: string | undefined; onText(text: string): void }): InputDraft => {
  const [{ text, value }, set] = useState(() => {
    const text = begun ?? printJson(beginningOf(schema))
    const read = readJson(text)
    return { text, value: 'value' in read ? read.value : beginningOf(schema) }
  })
  const read = useMemo(() => readJson(text), [text])
  const type = (next: string) => {
    const read = readJson(next)
    set(now => ({ text: next, value: 'value' in read ? read.value : now.value }))
    onText(next)
  }
  return { text, value, wrong: 'wrong' in read ? `line ${read.line}, column ${read.column}` : null, type, put: next => type(printJson(next)) }
}

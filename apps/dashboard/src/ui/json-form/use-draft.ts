import { useState } from 'react'
import type { Json } from '@sluice/protocol'

type Value = Json | undefined

const keyOf = (value: Value) => JSON.stringify(value) ?? ''

/**
 * What is typed for a value that does not print as it was typed ("1.0", half a JSON). It stands until the value is changed from elsewhere.
 * print: the text of a value that nobody typed here.
 */
export const useDraft = (value: Value, print: (value: Value) => string) => {
  const [draft, setDraft] = useState<{ text: string; of: string } | null>(null)
  const text = draft?.of === keyOf(value) ? draft.text : print(value)
  /** Remembers what was typed, as the text of the value that came of it. */
  const type = (text: string, value: Value) => setDraft({ text, of: keyOf(value) })
  return { text, type }
}

/** What flows are found by: words of the title, the id, labels. The same rules as the SQL functions flow_words and flow_labels, for flows in hand. */

/** Of a text filter: an id, or the beginning of one, as the range of ids that it covers; else words that must each begin a word of the title. */
export type FlowText = { ids: [from: string, to: string] } | { words: string[] }

const ID = /^flow_[0-9A-HJKMNP-TV-Z]{1,26}$/i
const ID_LENGTH = 'flow_'.length + 26

export function parseFlowText(text: string): FlowText {
  const said = text.trim()
  if (!ID.test(said)) return { words: wordsOf(said) }
  const id = `flow_${said.slice('flow_'.length).toLowerCase()}`
  return { ids: [id.padEnd(ID_LENGTH, '0'), id.padEnd(ID_LENGTH, 'z')] }
}

/** Lower-cased, cut at white space and ASCII punctuation. */
export const wordsOf = (text: string): string[] => [...new Set(text.toLowerCase().split(/[\s!-/:-@[-`{-~]+/).filter(Boolean))]

export function matchesText(flow: { id: string; title: string }, text: string): boolean {
  const asked = parseFlowText(text)
  if ('ids' in asked) return flow.id >= asked.ids[0] && flow.id <= asked.ids[1]
  const own = wordsOf(flow.title)
  return asked.words.every(word => own.some(w => w.startsWith(word)))
}

/** Whether the flow has each of these labels, said as key or as key=value. */
export function hasLabels(labels: { [key: string]: string }, asked: readonly string[]): boolean {
  const tokens = new Set(Object.entries(labels).flatMap(([key, value]) => [key, `${key}=${value}`]))
  return asked.every(label => tokens.has(label))
}

import { expect, test } from 'vitest'
import { matchingCommands } from './commands.ts'

const run = () => {}
const commands = [
  { name: 'Go to Queue', note: 'g q', run }, { name: 'Nightly export', note: 'flow_01abc', id: 'flow_01abc', run }, { name: 'ABC of letters', note: 'flow_01xyz7', id: 'flow_01xyz7', run },
]
const openId = (id: string) => (id.startsWith('flow_') ? { name: 'Open the flow', note: id, run } : id.startsWith('dlv_') ? { name: 'Open the delivery', note: id, run } : null)
const names = (text: string) => matchingCommands(commands, text, openId).map(command => command.name)

test.each([
  ['nothing typed shows all', '', ['Go to Queue', 'Nightly export', 'ABC of letters']],
  ['every word must be there, in any order', 'export nightly', ['Nightly export']],
  ['an id finds its flow', 'flow_01abc', ['Nightly export']],
  ['a word is looked for in titles, not in ids', 'abc', ['ABC of letters']],
  ['a note that is no id is searched too', 'g q', ['Go to Queue']],
  ['a piece of an id finds its flow', '1xyz7', ['ABC of letters']],
  ['a whole id of a flow that is not listed can be opened', 'flow_99zzz', ['Open the flow']],
  ['so can a delivery', 'dlv_99zzz', ['Open the delivery']],
  ['an id of what has no page opens nothing', 'wrk_99zzz', []],
  ['what nothing has finds nothing', 'xyz', []],
])('%s', (_title, text, found) => {
  expect(names(text)).toEqual(found)
})

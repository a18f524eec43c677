import { expect, test } from 'vitest'
import { matchingCommands } from './commands.ts'

const run = () => {}
const commands = [{ name: 'Go to Queue', note: 'g q', run }, { name: 'Nightly export', note: 'flow_01abc', run }]
const names = (text: string) => matchingCommands(commands, text, () => run).map(command => command.name)

test.each([
  ['nothing typed shows all', '', ['Go to Queue', 'Nightly export']],
  ['every word must be there, in any order', 'export nightly', ['Nightly export']],
  ['an id finds its flow', 'flow_01abc', ['Nightly export']],
  ['a whole id of a flow that is not listed can be opened', 'flow_99zzz', ['Open the flow']],
  ['what nothing has finds nothing', 'xyz', []],
])('%s', (_title, text, found) => {
  expect(names(text)).toEqual(found)
})

import { useId, useState } from 'react'
import { useQuery } from 'urql'
import { addressOf } from '../features/addresses.ts'
import { SAMPLES } from '../features/sample/samples.ts'
import { useStartSample } from '../features/sample/use-start-sample.tsx'
import { graphql } from '../graphql/graphql.ts'
import { Dialog } from '../ui/dialog.tsx'
import { shortenId } from '../ui/short-id.tsx'
import { matchingCommands, type Command } from './commands.ts'
import { PAGES } from './navigation.ts'

const Palette_Query = graphql(`query Palette { flows(first: 50, orderBy: CREATED_DESC) { edges { node { id title kind } } } }`)

/** Goes anywhere and does anything: type to narrow, arrows to choose, Enter to do. */
export function Palette({ onGo, onClose }: { onGo(address: string): void; onClose(): void }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const listId = useId()
  const { start, problem } = useStartSample(onClose)
  const [{ data }] = useQuery({ query: Palette_Query })
  const go = (address: string) => () => { onClose(); onGo(address) }

  const commands: Command[] = [
    ...PAGES.map(page => ({ name: `Go to ${page.name}`, note: `g ${page.key}`, run: go(page.address) })),
    { name: 'New flow', note: 'n', run: go(addressOf.newFlow()) },
    ...SAMPLES.map(sample => ({ name: `Start a sample: ${sample.name}`, note: sample.kind, run: () => void start(sample) })),
    ...(data?.flows.edges ?? []).map(({ node }) => ({ name: node.title, note: shortenId(node.id), id: node.id, run: go(addressOf.flow(node.id)) })),
  ]
  const openId = (id: string): Command | null => {
    if (id.startsWith('flow_')) return { name: 'Open the flow', note: id, run: go(addressOf.flow(id)) }
    return id.startsWith('dlv_') ? { name: 'Open the delivery', note: id, run: go(addressOf.delivery(id)) } : null
  }
  const shown = matchingCommands(commands, text, openId)
  const chosen = Math.min(at, shown.length - 1)

  const onKey = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setAt((chosen + (event.key === 'ArrowDown' ? 1 : -1) + shown.length) % Math.max(1, shown.length))
    }
    if (event.key === 'Enter') {
      event.preventDefault()
      shown[chosen]?.run()
    }
  }

  return (
    <Dialog open onClose={onClose} title="Search and commands" wide>
      <input
        className="control w-full" placeholder="A page, a sample, a flow’s title or id" aria-label="Search" autoFocus value={text}
        role="combobox" aria-expanded="true" aria-controls={listId} aria-activedescendant={shown.length > 0 ? `${listId}-${chosen}` : undefined}
        onChange={event => { setText(event.target.value); setAt(0) }} onKeyDown={onKey}
      />
      {problem && <p role="alert" className="text-bad">{problem}</p>}
      <div id={listId} role="listbox" aria-label="Found" className="max-h-80 overflow-y-auto">
        {shown.map((command, index) => (
          <button
            key={command.id ?? `${command.name} ${command.note}`} id={`${listId}-${index}`} type="button" role="option" tabIndex={-1} aria-selected={index === chosen}
            onClick={command.run} onPointerMove={() => setAt(index)}
            className={`flex min-h-8 w-full cursor-default items-center justify-between gap-4 rounded-md px-2 text-left ${index === chosen ? 'bg-sunken' : ''}`}
          >
            <span className="min-w-0 truncate">{command.name}</span>
            <span className="min-w-0 shrink-0 truncate font-mono text-[0.86rem] text-muted">{command.note}</span>
          </button>
        ))}
      </div>
      {shown.length === 0 && <p className="text-muted">Nothing by that name among the pages, the samples and the 50 newest flows. A whole id of a flow or of a delivery can always be opened.</p>}
    </Dialog>
  )
}

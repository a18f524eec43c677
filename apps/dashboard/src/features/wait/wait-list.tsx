import { useHoldWhilePointed } from '../../ui/hold-while-pointed.ts'
import { addressOf } from '../addresses.ts'
import { isFiltered, type WaitSearch } from './wait-search.ts'
import { usePrincipalNames } from '../use-principal-names.ts'
import { WaitCard } from './wait-card.tsx'
import type { Wait } from './wait-documents.ts'

interface Props { rows: readonly Wait[]; search: WaitSearch; onOpen(id: string, open: boolean): void }

/** The waits, each with its answer. None moves from under a pointer. */
export function WaitList({ rows, search, onOpen }: Props) {
  const holding = useHoldWhilePointed()
  const names = usePrincipalNames(rows.some(({ answerableBy }) => answerableBy.some(one => one.startsWith('prn_'))))
  if (rows.length === 0) return <Empty search={search} />
  return (
    <ul aria-label="Waits" className="panel m-0 list-none divide-y divide-line p-0" {...holding}>
      {rows.map(wait => <li key={wait.id}><WaitCard wait={wait} names={names} begun={search.wait === wait.id} onOpen={onOpen} /></li>)}
    </ul>
  )
}

function Empty({ search }: { search: WaitSearch }) {
  const filtered = isFiltered(search)
  return (
    <div className="panel flex flex-col gap-1 p-4">
      <h2 className="m-0 text-[1.05rem] font-semibold">{filtered ? 'Nothing that fits waits' : 'Nothing waits for an answer'}</h2>
      {filtered
        ? <p className="text-muted">What fits appears here as soon as it asks. <a href={addressOf.approvals()}>Show all that waits</a></p>
        : <p className="text-muted">A flow appears here when its handler asks, with <code className="font-mono text-text">await ctx.ask('approve', {'{'} prompt {'}'})</code>, or its command with <code className="font-mono text-text">sluice ask approve --prompt '…'</code>.</p>}
    </div>
  )
}

import { Check } from 'lucide-react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { addressOf } from '../addresses.ts'

export const KindTable_FlowKind = graphql(`
  fragment KindTable_FlowKind on FlowKind { name title hasInputSchema liveWorkers queued }
`)

/** Every kind that a worker ever registered. */
export function KindTable({ kinds: masked }: { kinds: readonly FragmentOf<typeof KindTable_FlowKind>[] }) {
  const kinds = masked.map(kind => readFragment(KindTable_FlowKind, kind))
  return (
    <table className="rows">
      <caption className="sr-only">Kinds of flows</caption>
      <thead>
        <tr>
          <th scope="col">Kind</th>
          <th scope="col" className="hidden md:table-cell">Title</th>
          <th scope="col" className="w-16 text-right md:w-28">Workers</th>
          <th scope="col" className="hidden w-32 md:table-cell">Input schema</th>
          <th scope="col" className="w-20 text-right">Queued</th>
        </tr>
      </thead>
      <tbody>
        {kinds.map(kind => (
          <tr key={kind.name}>
            <td title={kind.name}><a data-row href={addressOf.flows({ kind: kind.name })} className="font-medium text-text no-underline hover:underline">{kind.name}</a></td>
            <td className="hidden text-muted md:table-cell" title={kind.title ?? ''}>{kind.title ?? '–'}</td>
            <td className={`text-right ${kind.liveWorkers === 0 && kind.queued > 0 ? 'font-semibold text-bad' : ''}`}>{kind.liveWorkers === 0 ? 'none' : kind.liveWorkers}</td>
            <td className="hidden text-muted md:table-cell">{kind.hasInputSchema ? <span className="inline-flex items-center gap-1"><Check size={14} aria-hidden="true" /> checked</span> : 'any JSON'}</td>
            <td className="text-right">
              {kind.queued === 0 ? <span className="text-muted">0</span> : <a href={addressOf.flows({ kind: kind.name, status: 'QUEUED' })} aria-label={`${kind.queued} queued of kind ${kind.name}: show them`} className="text-inherit">{kind.queued}</a>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

import { LookBadge } from '../../ui/look.tsx'
import { addressOf } from '../addresses.ts'
import { REASON_LOOKS } from '../looks.ts'
import type { KindChoice } from './kind-field.tsx'

/** Every kind that a worker ever registered, to begin with one: what it does, and whether anybody does it now. */
export function KindList({ kinds }: { kinds: readonly KindChoice[] }) {
  if (kinds.length === 0) return <p className="panel p-3 text-muted">No worker has registered a kind yet. Start one, or name a kind that a worker will register.</p>
  return (
    <div className="panel overflow-hidden">
      <table className="rows">
        <caption className="sr-only">Kinds</caption>
        <thead>
          <tr>
            <th scope="col" className="md:w-80">Kind</th>
            <th scope="col" className="hidden md:table-cell">What it does</th>
            <th scope="col" className="w-32 text-right">Live workers</th>
          </tr>
        </thead>
        <tbody>
          {kinds.map(({ name, title, liveWorkers }) => (
            <tr key={name}>
              <td><a data-row href={addressOf.newFlow(name)} title={title ?? name} className="font-medium text-text no-underline hover:underline">{name}</a></td>
              <td className="hidden text-muted md:table-cell" title={title ?? ''}>{title}</td>
              <td className="text-right">{liveWorkers > 0 ? liveWorkers : <LookBadge look={REASON_LOOKS.NO_WORKER} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

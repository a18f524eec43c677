import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useHeldRows } from '../../ui/hold-order.tsx'
import { useHoldWhilePointed } from '../../ui/hold-while-pointed.ts'
import { WorkerRow, WorkerRow_Worker } from './worker-row.tsx'

export const WorkerTable_Worker = graphql(`
  fragment WorkerTable_Worker on Worker { id ...WorkerRow_Worker }
`, [WorkerRow_Worker])

interface Props {
  caption: string
  workers: readonly FragmentOf<typeof WorkerTable_Worker>[]
  /** The server's time of the reading. */
  readAt: string
  /** The id of the worker whose details are shown. */
  opened: string | undefined
  onOpen(id: string | undefined): void
}

/** Workers by name: what they handle, how full they are, when they were last heard. */
export function WorkerTable({ caption, workers: masked, readAt, opened, onOpen }: Props) {
  const { rows } = useHeldRows(masked.map(worker => readFragment(WorkerTable_Worker, worker)), row => row.id)
  const holding = useHoldWhilePointed()
  return (
    <div className="md:max-h-[44rem] md:overflow-y-auto" {...holding}>
      <table className="rows">
        <caption className="sr-only">{caption}</caption>
        <thead className="bg-surface md:sticky md:top-0 md:z-10">
          <tr>
            <th scope="col">Worker</th>
            <th scope="col" className="w-24 md:w-28">State</th>
            <th scope="col" className="hidden w-[17%] md:table-cell">Kinds</th>
            <th scope="col" className="hidden w-[11%] xl:table-cell">Lanes</th>
            <th scope="col" className="w-24 lg:w-40">Leased</th>
            <th scope="col" className="hidden w-[17%] lg:table-cell">Holds</th>
            <th scope="col" className="hidden w-44 xl:table-cell">Code</th>
            <th scope="col" className="hidden w-28 text-right md:table-cell">Last heard</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => <WorkerRow key={row.id} worker={row} readAt={readAt} opened={row.id === opened} onOpen={open => onOpen(open ? row.id : undefined)} />)}
        </tbody>
      </table>
    </div>
  )
}

import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useHeldRows } from '../../ui/hold-order.tsx'
import { useHoldWhilePointed } from '../../ui/hold-while-pointed.ts'
import { LaneRow, LaneRow_Lane } from './lane-row.tsx'

export const LaneTable_Lane = graphql(`
  fragment LaneTable_Lane on Lane { id name ...LaneRow_Lane }
`, [LaneRow_Lane])

interface Props {
  lanes: readonly FragmentOf<typeof LaneTable_Lane>[]
  /** The name of the lane whose details are shown. */
  opened: string | undefined
  onOpen(name: string | undefined): void
  onCap(name: string): void
  onDone(): void
}

/** Every lane: its state and who set it, its slots, its queue, its cap. */
export function LaneTable({ lanes: masked, opened, onOpen, onCap, onDone }: Props) {
  const { rows } = useHeldRows(masked.map(lane => readFragment(LaneTable_Lane, lane)), row => row.id)
  const holding = useHoldWhilePointed()
  return (
    <div className="md:max-h-[44rem] md:overflow-y-auto" {...holding}>
      <table className="rows">
        <caption className="sr-only">Lanes</caption>
        <thead className="bg-surface md:sticky md:top-0 md:z-10">
          <tr>
            <th scope="col">Lane</th>
            <th scope="col" className="w-20 text-right sm:w-28 lg:w-[14%]">Slots held</th>
            <th scope="col" className="w-16 text-right sm:w-20">Queued</th>
            <th scope="col" className="hidden w-20 text-right md:table-cell">Running</th>
            <th scope="col" className="hidden w-20 text-right lg:table-cell">Waiting</th>
            <th scope="col" className="hidden w-24 text-right md:table-cell">Oldest wait</th>
            <th scope="col" className="hidden w-28 text-right lg:table-cell">Finished / min</th>
            <th scope="col" className="hidden w-24 text-right lg:table-cell">Failed / min</th>
            <th scope="col" className="hidden w-[18%] xl:table-cell">Cap</th>
            <th scope="col" className="w-12"><span className="sr-only">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <LaneRow key={row.id} lane={row} opened={row.name === opened} onOpen={open => onOpen(open ? row.name : undefined)} onCap={() => onCap(row.name)} onDone={onDone} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

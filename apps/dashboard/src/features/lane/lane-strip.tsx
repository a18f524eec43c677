import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useViewer } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { Menu } from '../../ui/menu.tsx'
import { addressOf } from '../addresses.ts'
import { LANE_LOOKS } from '../looks.ts'
import { LaneDialog, type LaneAction } from './lane-dialog.tsx'
import { laneStateItems } from './lane-state-items.ts'

export const LaneStrip_Lane = graphql(`
  fragment LaneStrip_Lane on Lane { id name state maxActive stats { queued slotsHeld } }
`)

type Lane = ResultOf<typeof LaneStrip_Lane>

/** Every lane with its state and load: a link that shows only it, and its actions. */
export function LaneStrip({ lanes: masked, shown }: { lanes: readonly FragmentOf<typeof LaneStrip_Lane>[]; shown: string | undefined }) {
  const lanes = masked.map(lane => readFragment(LaneStrip_Lane, lane))
  return (
    <ul aria-label="Lanes" className="m-0 flex list-none flex-wrap gap-1.5 p-0">
      {lanes.length > 1 && <li><a href={addressOf.queue()} aria-current={shown === undefined ? 'true' : undefined} className={chip(shown === undefined)}>All lanes</a></li>}
      {lanes.map(lane => <li key={lane.id} className="flex"><LaneChip lane={lane} shown={shown === lane.name} /></li>)}
    </ul>
  )
}

const chip = (shown: boolean) => `inline-flex min-h-8 items-center gap-2 rounded-md border px-2.5 text-text no-underline hover:bg-sunken ${shown ? 'border-accent bg-surface font-medium' : 'border-line bg-surface'}`

function LaneChip({ lane, shown }: { lane: Lane; shown: boolean }) {
  const [asked, ask] = useState<LaneAction | null>(null)
  const items = laneStateItems(lane.state, useViewer(), ask)
  return (
    <>
      <a href={addressOf.queue(lane.name)} aria-current={shown ? 'true' : undefined} className={`${chip(shown)} rounded-r-none border-r-0`}>
        {lane.name}
        <LookBadge look={LANE_LOOKS[lane.state]} />
        <span className="text-muted" title="Slots held, of its own cap if it has one; and queued">{lane.stats.slotsHeld}{lane.maxActive > 0 && `/${lane.maxActive}`} held, {lane.stats.queued} queued</span>
      </a>
      <Menu items={items} trigger={<Button look="quiet" icon={Ellipsis} aria-label={`Actions on lane ${lane.name}`} className="rounded-l-none !border-line !bg-surface !px-1.5" />} />
      {asked && <LaneDialog action={asked} name={lane.name} onClose={() => ask(null)} />}
    </>
  )
}

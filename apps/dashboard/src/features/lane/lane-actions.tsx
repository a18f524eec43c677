import { Ellipsis, Gauge, ListOrdered, Pencil, Workflow } from 'lucide-react'
import { useState } from 'react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { useGo } from '../../ui/go.ts'
import { Menu } from '../../ui/menu.tsx'
import { addressOf } from '../addresses.ts'
import { LaneDialog, type LaneAction } from './lane-dialog.tsx'
import { EditLaneDialog, LaneForm_Lane } from './lane-form-dialog.tsx'
import { laneStateItems } from './lane-state-items.ts'

export const LaneActions_Lane = graphql(`
  fragment LaneActions_Lane on Lane { id name state ...LaneForm_Lane }
`, [LaneForm_Lane])

/** Everything that can be done to a lane, behind one button. onCap: its cap shall be changed. onDone: read again. */
export function LaneActions({ lane: masked, onCap, onDone }: { lane: FragmentOf<typeof LaneActions_Lane>; onCap(): void; onDone(): void }) {
  const lane = readFragment(LaneActions_Lane, masked)
  const [asked, ask] = useState<LaneAction | 'edit' | null>(null)
  const viewer = useViewer()
  const go = useGo()
  const items = [
    ...laneStateItems(lane.state, viewer, ask),
    { label: 'Change the cap', icon: Gauge, whyNot: whyMayNot(viewer, 'setCap'), onSelect: onCap },
    { label: 'Change the settings', icon: Pencil, whyNot: whyMayNot(viewer, 'upsertLane'), onSelect: () => ask('edit') },
    { label: 'Show its queue', icon: ListOrdered, onSelect: () => go(addressOf.queue(lane.name)) },
    { label: 'Show its flows', icon: Workflow, onSelect: () => go(addressOf.flows({ lane: lane.name })) },
  ]
  return (
    <>
      <Menu items={items} trigger={<Button look="quiet" icon={Ellipsis} aria-label={`Actions on lane ${lane.name}`} />} />
      {asked === 'edit' && <EditLaneDialog lane={lane} onClose={() => ask(null)} onDone={onDone} />}
      {asked !== null && asked !== 'edit' && <LaneDialog action={asked} name={lane.name} onClose={() => ask(null)} onDone={onDone} />}
    </>
  )
}

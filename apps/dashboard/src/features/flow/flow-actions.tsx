import { Ban, Ellipsis, Hand, ListOrdered, Play, RotateCcw, Trash2, Zap, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useViewer } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { CancelDialog } from './cancel-dialog.tsx'
import { DeleteDialog } from './delete-dialog.tsx'
import { FlowActions_Flow, offeredActions, whyNotOn, type FlowAction, type FlowOfActions } from './flow-rules.ts'
import { HoldDialog, ReleaseDialog } from './hold-dialog.tsx'
import { PriorityDialog } from './priority-dialog.tsx'
import { PromoteDialog } from './promote-dialog.tsx'
import { RetryDialog } from './retry-dialog.tsx'

const FACES: Record<FlowAction, { label: string; icon: LucideIcon; danger?: boolean }> = {
  promote: { label: 'Promote now', icon: Zap },
  hold: { label: 'Hold', icon: Hand },
  release: { label: 'Release', icon: Play },
  priority: { label: 'Priority', icon: ListOrdered },
  cancel: { label: 'Cancel', icon: Ban, danger: true },
  retry: { label: 'Retry', icon: RotateCcw },
  delete: { label: 'Delete', icon: Trash2, danger: true },
}

interface Props { flow: FragmentOf<typeof FlowActions_Flow>; onDeleted?: () => void }

/** What can be done with a flow, behind one button: for rows. */
export function FlowActionMenu({ flow: masked, onDeleted }: Props) {
  const flow = readFragment(FlowActions_Flow, masked)
  const viewer = useViewer()
  const [asked, ask] = useState<FlowAction | null>(null)
  const items = offeredActions(flow).map(action => ({ ...FACES[action], whyNot: whyNotOn(action, flow, viewer), onSelect: () => ask(action) }))
  return (
    <>
      <Menu items={items} trigger={<Button look="quiet" icon={Ellipsis} aria-label={`Actions on ${flow.title}`} className="!min-h-7 !px-1.5" />} />
      <AskedDialog action={asked} flow={flow} onClose={() => ask(null)} onDeleted={onDeleted} />
    </>
  )
}

/** What can be done with a flow, as buttons: for its own page. */
export function FlowActionBar({ flow: masked, onDeleted }: Props) {
  const flow = readFragment(FlowActions_Flow, masked)
  const viewer = useViewer()
  const [asked, ask] = useState<FlowAction | null>(null)
  return (
    <div role="group" aria-label="Actions" className="flex flex-wrap gap-2">
      {offeredActions(flow).map(action => (
        <Button key={action} icon={FACES[action].icon} look={FACES[action].danger ? 'danger' : 'plain'} whyNot={whyNotOn(action, flow, viewer)} onClick={() => ask(action)}>
          {FACES[action].label}
        </Button>
      ))}
      <AskedDialog action={asked} flow={flow} onClose={() => ask(null)} onDeleted={onDeleted} />
    </div>
  )
}

function AskedDialog({ action, ...rest }: { action: FlowAction | null; flow: FlowOfActions; onClose(): void; onDeleted: (() => void) | undefined }) {
  switch (action) {
    case null: return null
    case 'promote': return <PromoteDialog {...rest} />
    case 'hold': return <HoldDialog {...rest} />
    case 'release': return <ReleaseDialog {...rest} />
    case 'priority': return <PriorityDialog {...rest} />
    case 'cancel': return <CancelDialog {...rest} />
    case 'retry': return <RetryDialog {...rest} />
    case 'delete': return <DeleteDialog {...rest} />
    default: return action satisfies never
  }
}

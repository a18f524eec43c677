import { Repeat2, X } from 'lucide-react'
import { useState } from 'react'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { ReplayManyDialog } from './replay-many-dialog.tsx'

/** As many as one call names. */
const IDS_MAX = 1000

interface Props { selected: ReadonlySet<string>; onClear(): void; onReplaying(operation: string): void }

/** What can be done with the selected rows; nothing while none is. */
export function DeliverySelection({ selected, onClear, onReplaying }: Props) {
  const [asked, ask] = useState(false)
  const mayNot = whyMayNot(useViewer(), 'replayWebhookDeliveries')
  if (selected.size === 0) return null
  return (
    <div role="group" aria-label="Selected deliveries" className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
      <span className="font-medium" aria-live="polite">{selected.size} selected</span>
      <Button icon={Repeat2} className="!min-h-7" whyNot={mayNot ?? (selected.size > IDS_MAX ? `At most ${IDS_MAX} at once; replay by a filter instead.` : null)} onClick={() => ask(true)}>Replay</Button>
      <Button look="quiet" icon={X} className="!min-h-7" onClick={onClear}>Clear</Button>
      {asked && <ReplayManyDialog which={{ ids: [...selected] }} onClose={() => ask(false)} onReplaying={operation => { onClear(); onReplaying(operation) }} />}
    </div>
  )
}

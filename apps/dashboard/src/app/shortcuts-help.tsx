import { useState } from 'react'
import { Dialog } from '../ui/dialog.tsx'
import { CheckBox } from '../ui/field.tsx'
import { setSingleKeys, singleKeysOn, type Shortcut } from '../ui/keyboard.ts'

/** Every key and what it does, and the switch that turns single keys off. */
export function ShortcutsHelp({ shortcuts, onClose }: { shortcuts: Shortcut[]; onClose(): void }) {
  const [on, setOn] = useState(singleKeysOn)
  const listed = [...shortcuts, { keys: 'Enter', does: 'Open the row' }, { keys: 'Ctrl K / ⌘K', does: 'Search and commands, also while typing' }]
  return (
    <Dialog open onClose={onClose} title="Keys">
      <dl className="m-0">
        {listed.map(({ keys, does }) => (
          <div key={keys} className="flex min-h-8 items-center justify-between gap-4 border-t border-line first:border-t-0">
            <dt>{does}</dt>
            <dd className="m-0"><kbd className="whitespace-nowrap rounded border border-edge bg-sunken px-1.5 py-0.5 font-mono">{keys}</kbd></dd>
          </div>
        ))}
      </dl>
      <CheckBox label="Single keys are on" hint="Turn them off if something else on this machine types for you." checked={on} onChange={event => { setSingleKeys(event.target.checked); setOn(event.target.checked) }} />
    </Dialog>
  )
}

import { Popover as Base } from '@base-ui/react/popover'
import { useState, type ReactElement, type ReactNode } from 'react'
import { useHoldOrder } from './hold-order.tsx'
import { AbovePage } from './landmark.ts'

/** A panel beside its trigger; its content is made only while it is open. */
export function Popover({ trigger, title, children }: { trigger: ReactElement; title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false)
  useHoldOrder(open)
  return (
    <Base.Root open={open} onOpenChange={setOpen}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align="start" sideOffset={4} className="z-40">
          <Base.Popup className="popup flex w-96 max-w-[calc(100vw-1.5rem)] flex-col gap-2 p-3">
            <Base.Title className="font-semibold">{title}</Base.Title>
            <AbovePage value>{children}</AbovePage>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

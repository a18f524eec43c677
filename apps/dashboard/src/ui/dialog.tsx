import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useHoldOrder } from './hold-order.tsx'
import { AbovePage } from './landmark.ts'

export interface DialogProps { open: boolean; onClose(): void; title: string; description?: ReactNode; children: ReactNode; wide?: boolean }

/** A modal dialog. Escape, the cross and the backdrop close it; focus returns to where it was. */
export function Dialog({ open, onClose, title, description, children, wide = false }: DialogProps) {
  useHoldOrder(open)
  return (
    <Base.Root open={open} onOpenChange={next => { if (!next) onClose() }}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/45" />
        <Base.Popup className={`popup fixed left-1/2 top-[12dvh] z-50 flex max-h-[80dvh] w-[calc(100vw-1.5rem)] -translate-x-1/2 flex-col gap-3
          overflow-auto p-4 ${wide ? 'max-w-2xl' : 'max-w-md'}`}>
          <div className="flex items-start justify-between gap-3">
            <Base.Title className="text-[1.15rem] font-semibold">{title}</Base.Title>
            <Base.Close aria-label="Close" className="-m-1 rounded-md p-1.5 text-muted hover:bg-sunken"><X size={16} aria-hidden="true" /></Base.Close>
          </div>
          {description && <Base.Description className="text-muted" render={<div />}><AbovePage value>{description}</AbovePage></Base.Description>}
          <AbovePage value>{children}</AbovePage>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

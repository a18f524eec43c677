import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog, type DialogProps } from './dialog.tsx'

interface ActionDialogProps extends Omit<DialogProps, 'open' | 'children'> {
  /** What the button that does it says. */
  confirm: string
  danger?: boolean
  running: boolean
  problem: string | null
  whyNot?: string | null
  onConfirm(): void
  children?: ReactNode
}

/** Asks once before something is done, and shows the refusal where it was asked. */
export function ActionDialog({ confirm, danger = false, running, problem, whyNot, onConfirm, onClose, children, ...rest }: ActionDialogProps) {
  const off = running ? 'Waiting for the answer.' : (whyNot ?? null)
  return (
    <Dialog open onClose={onClose} {...rest}>
      <form className="flex flex-col gap-3" onSubmit={event => { event.preventDefault(); if (off === null) onConfirm() }}>
        {children}
        <div className="sticky -bottom-4 -mx-4 -mb-4 flex flex-col gap-2 rounded-b-lg bg-raised px-4 pb-4 pt-1">
          {problem && <p role="alert" className="text-bad">{problem}</p>}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Close</Button>
            <Button type="submit" look={danger ? 'danger' : 'primary'} whyNot={off}>{confirm}</Button>
          </div>
        </div>
      </form>
    </Dialog>
  )
}

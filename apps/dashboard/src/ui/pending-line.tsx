import { ArrowUpDown } from 'lucide-react'

/** Says how many changes wait while the order is held. */
export function PendingLine({ count }: { count: number }) {
  return (
    <p aria-live="polite" className={count > 0 ? 'flex items-center gap-1.5 px-2.5 py-1 text-[0.93rem] text-muted' : 'sr-only'}>
      {count > 0 && <><ArrowUpDown size={13} aria-hidden="true" /> {count} {count === 1 ? 'change waits' : 'changes wait'} until you are done.</>}
    </p>
  )
}

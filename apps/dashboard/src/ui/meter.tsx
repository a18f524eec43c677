import { TONE_FILL } from './tone.ts'

interface Props { used: number; of: number; label: string }

/** A small bar: how much of something is in use. More than all of it fills the bar in another tone; the words beside it say so. */
export function Meter({ used, of, label }: Props) {
  const over = used > of
  return (
    <span role="img" aria-label={label} title={label} className="block h-2 min-w-8 flex-1 overflow-hidden rounded-full border border-edge bg-sunken">
      <span className={`block h-full ${TONE_FILL[over ? 'attention' : 'busy']}`} style={{ width: `${of === 0 ? 0 : Math.min(100, (100 * used) / of)}%` }} />
    </span>
  )
}

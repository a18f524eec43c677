import type { LucideIcon } from 'lucide-react'
import { useId, type ButtonHTMLAttributes } from 'react'
import { Tooltip } from './tooltip.tsx'

const LOOKS = {
  primary: 'bg-accent text-on-accent border-accent hover:brightness-110',
  plain: 'bg-surface border-edge hover:bg-sunken',
  danger: 'bg-surface text-bad border-bad hover:bg-sunken',
  quiet: 'border-transparent hover:bg-sunken text-muted hover:text-text',
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: keyof typeof LOOKS
  icon?: LucideIcon
  /** Why it cannot be pressed now; null or absent = it can. It stays reachable, so that the reason can be read. */
  whyNot?: string | null
}

/** A button that says why when it cannot be pressed. */
export function Button({ look = 'plain', icon: Icon, whyNot, children, className = '', onClick, ...rest }: ButtonProps) {
  const reasonId = useId()
  const off = typeof whyNot === 'string'
  const button = (
    <button
      type="button"
      {...rest}
      {...(off ? { 'aria-disabled': true, 'aria-describedby': reasonId } : {})}
      onClick={off ? event => event.preventDefault() : onClick}
      className={`inline-flex min-h-8 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border px-2.5 font-medium
        ${LOOKS[look]} ${off ? 'cursor-not-allowed border-dashed !bg-transparent !text-muted hover:brightness-100' : ''} ${className}`}
    >
      {Icon && <Icon size={15} aria-hidden="true" className="shrink-0" />}
      {children}
    </button>
  )
  if (!off) return button
  return <><Tooltip text={whyNot}>{button}</Tooltip><span id={reasonId} hidden>{whyNot}</span></>
}

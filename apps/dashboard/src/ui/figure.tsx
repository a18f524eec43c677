import type { ReactNode } from 'react'
import { TONE_TEXT, type Tone } from './tone.ts'

/** A figure with its name. */
export function Figure({ name, tone, children, title }: { name: string; tone?: Tone | undefined; children: ReactNode; title?: string }) {
  return (
    <div className="min-w-0" title={title}>
      <dt className="text-[0.86rem] text-muted">{name}</dt>
      <dd className={`m-0 text-[1.3rem] font-semibold leading-tight ${tone ? TONE_TEXT[tone] : ''}`}>{children}</dd>
    </div>
  )
}

/** One fact of a list of facts: name left, value right. wide: its names are long. */
export function Fact({ name, wide = false, children }: { name: string; wide?: boolean; children: ReactNode }) {
  return (
    <div className="flex min-h-8 items-center gap-3 border-t border-line py-1 first:border-t-0">
      <dt className={`shrink-0 text-muted ${wide ? 'w-44 sm:w-60' : 'w-36'}`}>{name}</dt>
      <dd className="m-0 min-w-0 flex-1 break-words">{children}</dd>
    </div>
  )
}

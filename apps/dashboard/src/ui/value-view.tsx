import type { ComponentProps } from 'react'
import { CopyButton } from './copy-button.tsx'
import { JsonView } from './json-view.tsx'

/** What somebody gave or a flow made: a text as it reads, anything else as JSON. */
export function ValueView({ value, label }: Pick<ComponentProps<typeof JsonView>, 'value' | 'label'>) {
  if (typeof value !== 'string' || value === '') return <JsonView value={value} label={label} />
  return (
    <div className="relative rounded-md border border-line bg-sunken p-2 pr-8">
      <div className="absolute right-1 top-1"><CopyButton text={value} label={label} /></div>
      <div className="max-h-[32rem] overflow-auto whitespace-pre-wrap break-words" role="region" aria-label={label} tabIndex={0}>{value}</div>
    </div>
  )
}

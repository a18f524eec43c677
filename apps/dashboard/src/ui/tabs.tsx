import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'

export interface Tab<Name extends string> { name: Name; label: string; content: ReactNode }

/** Tabs whose choice is the caller's, so that it can live in the address. */
export function Tabs<Name extends string>({ value, onChange, tabs }: { value: Name; onChange(name: Name): void; tabs: Tab<Name>[] }) {
  return (
    <Base.Root value={value} onValueChange={onChange}>
      <Base.List className="flex gap-1 overflow-x-auto border-b border-line" activateOnFocus>
        {tabs.map(tab => (
          <Base.Tab key={tab.name} value={tab.name} className="min-h-9 shrink-0 border-b-2 border-transparent px-3 font-medium text-muted hover:text-text data-active:border-accent data-active:text-text">
            {tab.label}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map(tab => <Base.Panel key={tab.name} value={tab.name} className="pt-3">{tab.content}</Base.Panel>)}
    </Base.Root>
  )
}

import { Tabs as Base } from '@base-ui/react/tabs'
import { useEffect, useRef, type ReactNode } from 'react'

export interface Tab<Name extends string> { name: Name; label: string; content: ReactNode }

/** Tabs whose choice is the caller's, so that it can live in the address. Where they do not all fit, the chosen one is in sight. */
export function Tabs<Name extends string>({ value, onChange, tabs }: { value: Name; onChange(name: Name): void; tabs: Tab<Name>[] }) {
  const list = useChosenInSight(value)
  return (
    <Base.Root value={value} onValueChange={onChange}>
      <Base.List ref={list} className="flex gap-1 overflow-x-auto border-b border-line" activateOnFocus>
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

const useChosenInSight = (value: string) => {
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = list.current
    if (element === null) return
    const look = () => {
      const chosen = element.querySelector<HTMLElement>('[role=tab][aria-selected=true]')
      if (chosen === null) return
      // The page itself stays where it is, as it would not with scrollIntoView.
      const [tab, seen] = [chosen.getBoundingClientRect(), element.getBoundingClientRect()]
      if (tab.left < seen.left) element.scrollLeft -= seen.left - tab.left
      else if (tab.right > seen.right) element.scrollLeft += tab.right - seen.right
    }
    const sizes = new ResizeObserver(look)
    sizes.observe(element)
    return () => sizes.disconnect()
  }, [value])
  return list
}

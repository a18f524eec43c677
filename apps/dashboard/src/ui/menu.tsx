import { Menu as Base } from '@base-ui/react/menu'
import type { LucideIcon } from 'lucide-react'
import { useState, type ReactElement } from 'react'
import { useHoldOrder } from './hold-order.tsx'
import { useLayer } from './landmark.ts'

/** One line of a menu. whyNot: why it cannot be chosen now; it is shown under the label. */
export interface MenuItem { label: string; icon: LucideIcon; whyNot?: string | null; danger?: boolean; onSelect(): void }

/** A menu behind a button. While it is open, lists keep their order. */
export function Menu({ trigger, items }: { trigger: ReactElement; items: MenuItem[] }) {
  const [open, setOpen] = useState(false)
  useHoldOrder(open)
  const layer = useLayer()
  return (
    <Base.Root open={open} onOpenChange={setOpen}>
      <Base.Trigger render={trigger} />
      <Base.Portal container={layer}>
        <Base.Positioner align="end" sideOffset={4} className="z-40">
          <Base.Popup className="popup min-w-52 max-w-80 p-1 outline-none">
            {items.map(item => <MenuLine key={item.label} item={item} />)}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

function MenuLine({ item }: { item: MenuItem }) {
  const off = typeof item.whyNot === 'string'
  const Icon = item.icon
  return (
    <Base.Item
      disabled={off}
      onClick={item.onSelect}
      className={`flex min-h-8 items-start gap-2 rounded-md px-2 py-1.5 outline-none data-highlighted:bg-sunken
        ${off ? 'cursor-not-allowed text-muted' : item.danger ? 'cursor-default text-bad' : 'cursor-default'}`}
    >
      <Icon size={15} aria-hidden="true" className="mt-0.5 shrink-0" />
      <span>
        {item.label}
        {off && <span className="block text-[0.86rem] leading-snug text-muted">{item.whyNot}</span>}
      </span>
    </Base.Item>
  )
}

import { Tooltip as Base } from '@base-ui/react/tooltip'
import type { ReactElement } from 'react'
import { useLayer } from './landmark.ts'

/** A short text that shows on hover and on focus. The trigger must be able to take focus. */
export function Tooltip({ text, children }: { text: string; children: ReactElement }) {
  const layer = useLayer()
  return (
    <Base.Root>
      <Base.Trigger render={children} delay={250} />
      <Base.Portal container={layer}>
        <Base.Positioner sideOffset={6} className="z-50">
          <Base.Popup className="popup max-w-72 px-2.5 py-1.5 text-[0.93rem]">{text}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

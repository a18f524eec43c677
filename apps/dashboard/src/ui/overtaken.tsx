import { TriangleAlert } from 'lucide-react'
import { Button } from './button.tsx'

/** Says what somebody else changed while this was open, and asks which to go on from. */
export function Overtaken({ what, changes, onTake, onKeep }: { what: string; changes: string[]; onTake(): void; onKeep(): void }) {
  return (
    <div role="alert" className="flex flex-col gap-2 rounded-md border border-attention p-3">
      <p className="flex items-center gap-2 font-medium text-attention"><TriangleAlert size={15} aria-hidden="true" /> Somebody changed this {what} since you opened it.</p>
      <ul className="m-0 pl-5">{changes.map(change => <li key={change}>{change}</li>)}</ul>
      <div className="flex flex-wrap gap-2">
        <Button onClick={onTake}>Take theirs, drop mine</Button>
        <Button onClick={onKeep}>Keep what I typed</Button>
      </div>
    </div>
  )
}

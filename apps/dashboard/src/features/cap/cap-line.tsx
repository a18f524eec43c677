import { Pencil, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { formatInstant } from '../../ui/time.tsx'
import { CapDialog } from './cap-dialog.tsx'

export const CapLine_Cap = graphql(`
  fragment CapLine_Cap on Cap {
    scope maxActive active fromEnvironment environmentValue setAt reason
    lane { id name }
    setBy { id name }
  }
`)

type Cap = ResultOf<typeof CapLine_Cap>
interface Props { caps: readonly FragmentOf<typeof CapLine_Cap>[]; lane: string | undefined; onDone?(): void }

/** The cap of all lanes or of one, where it came from, and the way to change it. */
export function CapLine({ caps: masked, lane, onDone }: Props) {
  const [open, setOpen] = useState(false)
  const mayNot = whyMayNot(useViewer(), 'setCap')
  const caps = masked.map(cap => readFragment(CapLine_Cap, cap))
  const cap = caps.find(one => (lane === undefined ? one.scope === 'GLOBAL' : one.scope === 'LANE' && one.lane?.name === lane))
  const subject = lane === undefined ? { scope: 'GLOBAL' as const } : { scope: 'LANE' as const, lane }
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-[0.95rem]">
      <span className="text-muted">{sentence(cap, lane)}</span>
      {cap && <EnvironmentDiffers cap={cap} />}
      <Button icon={Pencil} look="quiet" whyNot={mayNot} onClick={() => setOpen(true)}>Change the cap</Button>
      {open && <CapDialog subject={subject} now={cap ?? null} onClose={() => setOpen(false)} {...(onDone ? { onDone } : {})} />}
    </div>
  )
}

const sentence = (cap: Cap | undefined, lane: string | undefined) => {
  const where = lane === undefined ? 'All lanes' : `Lane ${lane}`
  if (!cap || cap.maxActive === 0) return `${where}: no cap`
  const from = cap.fromEnvironment ? 'from the environment' : `set${cap.setBy ? ` by ${cap.setBy.name}` : ''}${cap.setAt ? `, ${formatInstant(cap.setAt)}` : ''}`
  return `${where}: at most ${cap.maxActive} at once (${from}${cap.reason && !cap.fromEnvironment ? `: ${cap.reason}` : ''})`
}

function EnvironmentDiffers({ cap }: { cap: Cap }) {
  // 0 is also what a variable that is not set says.
  if (cap.scope !== 'GLOBAL' || cap.fromEnvironment || (cap.environmentValue ?? 0) === 0 || cap.environmentValue === cap.maxActive) return null
  return (
    <span className="inline-flex items-center gap-1.5 text-attention">
      <TriangleAlert size={14} aria-hidden="true" /> MAX_CONCURRENT_FLOWS says {cap.environmentValue}; what was set here wins.
    </span>
  )
}

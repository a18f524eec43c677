import { Ellipsis, Pencil, Plus } from 'lucide-react'
import { useState } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Meter } from '../../ui/meter.tsx'
import { Panel } from '../../ui/panel.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { CapDialog } from './cap-dialog.tsx'
import { CapHolders } from './cap-holders.tsx'
import { PrincipalCapDialog } from './principal-cap-dialog.tsx'

export const PrincipalCaps_Cap = graphql(`
  fragment PrincipalCaps_Cap on Cap {
    scope maxActive active fromEnvironment environmentValue setAt reason
    principal { id name }
    setBy { id name }
  }
`)

type Cap = ResultOf<typeof PrincipalCaps_Cap> & { principal: { id: string; name: string } }
interface Props { caps: readonly FragmentOf<typeof PrincipalCaps_Cap>[]; onDone(): void }

/** Who may hold how many slots, and who holds them. */
export function PrincipalCaps({ caps: masked, onDone }: Props) {
  const [adding, add] = useState(false)
  const mayNot = whyMayNot(useViewer(), 'setCap')
  const caps = masked.map(cap => readFragment(PrincipalCaps_Cap, cap)).filter((cap): cap is Cap => cap.principal !== null)
  return (
    <Panel flush title="Caps of principals" aside={<Button look="quiet" icon={Plus} whyNot={mayNot} onClick={() => add(true)}>Cap a principal</Button>}>
      {caps.length > 0
        ? <PrincipalTable caps={caps} onDone={onDone} />
        : <p className="border-t border-line p-3 text-muted">Nobody has a cap of their own. One keeps a single owner’s flows from taking every slot.</p>}
      {adding && <PrincipalCapDialog capped={caps.map(cap => cap.principal.id)} onClose={() => add(false)} onDone={onDone} />}
    </Panel>
  )
}

function PrincipalTable({ caps, onDone }: { caps: Cap[]; onDone(): void }) {
  return (
    <table className="rows">
      <caption className="sr-only">Caps of principals</caption>
      <thead>
        <tr>
          <th scope="col">Principal</th>
          <th scope="col" className="w-[34%] md:w-[24%]">Slots held</th>
          <th scope="col" className="hidden md:table-cell">Set by</th>
          <th scope="col" className="hidden md:table-cell">Why</th>
          <th scope="col" className="w-12"><span className="sr-only">Actions</span></th>
        </tr>
      </thead>
      <tbody>{caps.map(cap => <PrincipalRow key={cap.principal.id} cap={cap} onDone={onDone} />)}</tbody>
    </table>
  )
}

function PrincipalRow({ cap, onDone }: { cap: Cap; onDone(): void }) {
  const [open, setOpen] = useState(false)
  const mayNot = whyMayNot(useViewer(), 'setCap')
  const { principal } = cap
  const words = cap.maxActive > 0 ? `${cap.active} of ${cap.maxActive}` : `${cap.active}, no cap`
  return (
    <tr>
      <td title={principal.name}>{principal.name}</td>
      <td>
        <span className="flex items-center gap-2">
          <CapHolders principal={principal} words={words} over={cap.maxActive > 0 && cap.active > cap.maxActive} />
          {cap.maxActive > 0 && <Meter used={cap.active} of={cap.maxActive} label={`${words} slots held`} />}
        </span>
      </td>
      <td className="hidden md:table-cell">{cap.setBy?.name ?? 'the system'}{cap.setAt && <span className="text-muted">, <RelativeTime at={cap.setAt} /></span>}</td>
      <td className="hidden text-muted md:table-cell" title={cap.reason ?? ''}>{cap.reason ?? '–'}</td>
      <td className="!px-1 text-right">
        <Menu
          trigger={<Button look="quiet" icon={Ellipsis} aria-label={`Actions on the cap of ${principal.name}`} />}
          items={[{ label: 'Change or remove the cap', icon: Pencil, whyNot: mayNot, onSelect: () => setOpen(true) }]}
        />
        {open && <CapDialog subject={{ scope: 'PRINCIPAL', ...principal }} now={cap} onClose={() => setOpen(false)} onDone={onDone} />}
      </td>
    </tr>
  )
}

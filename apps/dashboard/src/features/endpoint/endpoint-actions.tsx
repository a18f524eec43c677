import { Ellipsis, Eye, FlaskConical, KeyRound, ListOrdered, Pencil, Power, PowerOff, Trash2, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useViewer } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { useGo } from '../../ui/go.ts'
import { Menu } from '../../ui/menu.tsx'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { EditEndpoint_WebhookEndpoint, EditEndpointDialog } from './edit-endpoint-dialog.tsx'
import { EnableDialog } from './enable-dialog.tsx'
import { offeredActions, whyNotOn, type EndpointAction } from './endpoint-rules.ts'
import { RevealDialog } from './reveal-dialog.tsx'
import { RotateDialog } from './rotate-dialog.tsx'
import { DeleteDialog, DisableDialog } from './state-dialogs.tsx'
import { TestDialog } from './test-dialog.tsx'

export const EndpointActions_WebhookEndpoint = graphql(`
  fragment EndpointActions_WebhookEndpoint on WebhookEndpoint { id name urlRedacted state origin disabledAt ...EditEndpoint_WebhookEndpoint }
`, [EditEndpoint_WebhookEndpoint])

const FACES: Record<EndpointAction, { label: string; icon: LucideIcon; danger?: boolean }> = {
  test: { label: 'Send a test', icon: FlaskConical },
  edit: { label: 'Change', icon: Pencil },
  rotate: { label: 'Rotate the secret', icon: KeyRound },
  enable: { label: 'Enable', icon: Power },
  disable: { label: 'Disable', icon: PowerOff },
  reveal: { label: 'Show the whole URL', icon: Eye },
  delete: { label: 'Delete', icon: Trash2, danger: true },
}

interface Props { endpoint: FragmentOf<typeof EndpointActions_WebhookEndpoint>; onDone(): void }

/** Everything that can be done to an endpoint, behind one button. onDone: read again. */
export function EndpointActions({ endpoint: masked, onDone }: Props) {
  const endpoint = readFragment(EndpointActions_WebhookEndpoint, masked)
  const [asked, ask] = useState<EndpointAction | null>(null)
  const viewer = useViewer()
  const go = useGo()
  const name = nameOfEndpoint(endpoint)
  const items = [
    ...offeredActions(endpoint).map(action => ({ ...FACES[action], whyNot: whyNotOn(action, endpoint, viewer), onSelect: () => ask(action) })),
    { label: 'Show its deliveries', icon: ListOrdered, onSelect: () => go(addressOf.deliveries({ endpoint: endpoint.id })) },
  ]
  const close = () => ask(null)
  const common = { id: endpoint.id, name, onClose: close, onDone }
  return (
    <>
      <Menu items={items} trigger={<Button look="quiet" icon={Ellipsis} aria-label={`Actions on endpoint ${name}`} />} />
      {asked === 'test' && <TestDialog id={endpoint.id} name={name} isDisabled={endpoint.state === 'DISABLED'} onClose={close} />}
      {asked === 'edit' && <EditEndpointDialog endpoint={endpoint} onClose={close} onDone={onDone} />}
      {asked === 'rotate' && <RotateDialog {...common} />}
      {asked === 'enable' && <EnableDialog {...common} since={endpoint.disabledAt} />}
      {asked === 'disable' && <DisableDialog {...common} />}
      {asked === 'reveal' && <RevealDialog id={endpoint.id} name={name} onClose={close} />}
      {asked === 'delete' && <DeleteDialog {...common} />}
    </>
  )
}

import { ChevronDown, ChevronRight } from 'lucide-react'
import { useId } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { LongName } from '../../ui/long-name.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { useBroughtIntoView } from '../../ui/use-brought-into-view.ts'
import { useColumnCount } from '../../ui/use-column-count.ts'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { ENDPOINT_LOOKS } from '../looks.ts'
import { EndpointActions, EndpointActions_WebhookEndpoint } from './endpoint-actions.tsx'
import { EndpointDetails, EndpointDetails_WebhookEndpoint } from './endpoint-details.tsx'
import { eventsInWords } from './endpoint-fields.ts'
import { percentOf } from './endpoint-health.ts'
import { signedBy } from './signed-by.ts'

export const EndpointRow_WebhookEndpoint = graphql(`
  fragment EndpointRow_WebhookEndpoint on WebhookEndpoint {
    id name urlRedacted events state disabledReason consecutiveFailures disabledAfter successRate
    secrets { id createdAt notAfter }
    ...EndpointActions_WebhookEndpoint ...EndpointDetails_WebhookEndpoint
  }
`, [EndpointActions_WebhookEndpoint, EndpointDetails_WebhookEndpoint])

type Endpoint = ResultOf<typeof EndpointRow_WebhookEndpoint>
interface Props { endpoint: FragmentOf<typeof EndpointRow_WebhookEndpoint>; live: string; opened: boolean; onOpen(open: boolean): void; onDone(): void }

const COLUMNS = { always: 4, md: 2, lg: 2, xl: 1 }

/** One endpoint, and its details below it while they are open. */
export function EndpointRow({ endpoint: masked, live, opened, onOpen, onDone }: Props) {
  const endpoint = readFragment(EndpointRow_WebhookEndpoint, masked)
  const columns = useColumnCount(COLUMNS)
  const row = useBroughtIntoView(opened)
  const detailsId = useId()
  const { consecutiveFailures: failures, disabledAfter } = endpoint
  return (
    <>
      <tr ref={row} className="scroll-mt-20">
        <td>
          <EndpointName endpoint={endpoint} opened={opened} detailsId={detailsId} onOpen={onOpen} />
          {endpoint.state === 'DISABLED' && <span className="block truncate pb-1.5 pl-[1.3rem] text-[0.93rem] text-muted" title={endpoint.disabledReason ?? ''}>{endpoint.disabledReason ?? 'No reason was given'}</span>}
        </td>
        <td><LookBadge look={ENDPOINT_LOOKS[endpoint.state]} /></td>
        <td className="hidden font-mono text-[0.93rem] text-muted lg:table-cell" title={endpoint.urlRedacted}>{endpoint.urlRedacted}</td>
        <td className="hidden md:table-cell" title={endpoint.events.join(', ')}>{eventsInWords(endpoint.events)}</td>
        <td className="text-right">{percentOf(endpoint.successRate)}</td>
        <td className={`hidden text-right md:table-cell ${failures > 0 ? 'font-medium text-attention' : 'text-muted'}`}>{failures === 0 || failures >= disabledAfter ? failures : `${failures} of ${disabledAfter}`}</td>
        <td className="hidden text-right lg:table-cell"><a href={addressOf.deliveries({ endpoint: endpoint.id, state: ['PENDING', 'SENDING', 'RETRY_SCHEDULED'] })} aria-label={`${live} live deliveries of ${nameOfEndpoint(endpoint)}: show them`} className="text-inherit">{live}</a></td>
        <td className="hidden text-muted xl:table-cell" title={endpoint.secrets.length > 1 ? 'A former secret signs beside the newest; the details say until when' : undefined}>{signedBy(endpoint.secrets)}</td>
        <td className="!px-1 text-right"><EndpointActions endpoint={endpoint} onDone={onDone} /></td>
      </tr>
      {opened && <tr id={detailsId}><td colSpan={columns} className="!whitespace-normal !p-0"><EndpointDetails endpoint={endpoint} /></td></tr>}
    </>
  )
}

function EndpointName({ endpoint, opened, detailsId, onOpen }: { endpoint: Endpoint; opened: boolean; detailsId: string; onOpen(open: boolean): void }) {
  const Icon = opened ? ChevronDown : ChevronRight
  const name = nameOfEndpoint(endpoint)
  return (
    <button
      type="button" data-row aria-expanded={opened} aria-controls={opened ? detailsId : undefined} aria-label={`Details of endpoint ${name}`} onClick={() => onOpen(!opened)}
      className="flex min-h-6 min-w-0 max-w-full items-center gap-1 rounded font-medium hover:underline"
    >
      <Icon size={14} aria-hidden="true" className="shrink-0 text-muted" />{endpoint.name === null ? <span className="min-w-0 truncate font-mono text-[0.93rem] font-normal">{name}</span> : <LongName name={name} />}
    </button>
  )
}

import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { LookBadge } from '../../ui/look.tsx'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { ENDPOINT_LOOKS } from '../looks.ts'
import { byTrouble, failuresInWords, isTroubled, percentOf, type LiveCounts } from './endpoint-health.ts'

export const HealthStrip_WebhookEndpoint = graphql(`
  fragment HealthStrip_WebhookEndpoint on WebhookEndpoint { id name urlRedacted state disabledReason consecutiveFailures disabledAfter successRate }
`)

type Endpoint = ResultOf<typeof HealthStrip_WebhookEndpoint>

interface Props {
  endpoints: readonly FragmentOf<typeof HealthStrip_WebhookEndpoint>[]
  live: LiveCounts
  /** Those whose deliveries are listed. */
  shown: readonly string[] | undefined
  /** The filters that stay when another endpoint is chosen. */
  search: Record<string, string | readonly string[] | undefined>
}

/** As many as fit beside each other without pushing the list away. */
const SHOWN = 8

/** How each endpoint does; what is in trouble stands first. Each leads to its deliveries. */
export function HealthStrip({ endpoints: masked, live, shown, search }: Props) {
  const endpoints = masked.map(one => readFragment(HealthStrip_WebhookEndpoint, one)).toSorted(byTrouble)
  if (endpoints.length === 0) return null
  return (
    <section aria-label="Health of endpoints" className="flex flex-col gap-1">
      <ul className="m-0 -mx-1 flex list-none gap-2 overflow-x-auto p-1 sm:grid sm:grid-cols-2 sm:overflow-visible lg:grid-cols-4">
        {endpoints.slice(0, SHOWN).map(endpoint => <li key={endpoint.id} className="w-60 min-w-0 shrink-0 sm:w-auto"><Card endpoint={endpoint} live={live.of(endpoint.id)} isShown={shown?.includes(endpoint.id) ?? false} search={search} /></li>)}
      </ul>
      {endpoints.length > SHOWN && <p className="text-muted">{endpoints.length - SHOWN} more do better. <a href={addressOf.endpoints()}>Show all endpoints</a></p>}
    </section>
  )
}

interface CardProps { endpoint: Endpoint; live: string; isShown: boolean; search: Props['search'] }

function Card({ endpoint, live, isShown, search }: CardProps) {
  const off = endpoint.state === 'DISABLED'
  return (
    <a
      href={addressOf.deliveries({ ...search, endpoint: isShown ? undefined : endpoint.id })} aria-current={isShown ? 'true' : undefined} title={`${endpoint.urlRedacted}: ${isShown ? 'show all deliveries' : 'show its deliveries'}`}
      className={`panel flex h-full min-w-0 flex-col gap-0.5 px-3 py-2 text-text no-underline hover:bg-sunken ${off ? '!border-bad' : isShown ? '!border-accent' : ''} ${isShown ? 'outline outline-2 -outline-offset-1 outline-accent' : ''}`}
    >
      <span className="flex min-w-0 items-center justify-between gap-2">
        <span className="min-w-0 truncate font-medium">{nameOfEndpoint(endpoint)}</span>
        <span className="shrink-0"><LookBadge look={ENDPOINT_LOOKS[endpoint.state]} /></span>
      </span>
      {off
        ? <span className="line-clamp-2 text-[0.93rem] text-bad">{endpoint.disabledReason ?? 'No reason was given.'}</span>
        : <span className={`truncate text-[0.93rem] ${isTroubled(endpoint) ? 'font-medium text-attention' : 'text-muted'}`}>{failuresInWords(endpoint)}</span>}
      <span className="mt-auto flex gap-x-4 text-[0.93rem] text-muted">
        {endpoint.successRate !== null && <span><b className="font-semibold text-text">{percentOf(endpoint.successRate)}</b> of the latest arrived</span>}
        <span><b className="font-semibold text-text">{live}</b> live</span>
      </span>
    </a>
  )
}

import { CircleStop, X } from 'lucide-react'
import { useMemo, useState } from 'react'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { Panel } from '../../ui/panel.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { TONE_FILL } from '../../ui/tone.ts'
import { addressOf } from '../addresses.ts'
import { BULK_LOOKS } from '../looks.ts'
import { AbortDialog } from './abort-dialog.tsx'
import { BulkRefusals, BulkRefusals_BulkOperation } from './bulk-refusals.tsx'

const BulkProgress_Query = graphql(`
  query BulkProgress($id: ID!) {
    node(id: $id) {
      __typename id
      ... on BulkOperation { id action state matched done refused reason createdAt endedAt requestedBy { id name } ...BulkRefusals_BulkOperation }
    }
  }
`, [BulkRefusals_BulkOperation])

const BulkProgress_Changed = graphql(`
  subscription BulkProgressChanged($id: ID!) {
    bulkOperationChanged(id: $id) { cursor kind gap end operation { id state matched done refused endedAt } }
  }
`)

type Node = NonNullable<ResultOf<typeof BulkProgress_Query>['node']>
type Operation = Extract<Node, { __typename: 'BulkOperation' }>

/** How far an operation on many things is, live, what it could not do, and the way to end it. onClose: it need not be shown any more. */
export function BulkProgress({ id, onClose }: { id: string; onClose(): void }) {
  const variables = useMemo(() => ({ id }), [id])
  const live = useLive({ subscription: BulkProgress_Changed, variables, item: data => data.bulkOperationChanged, onChange: () => page.refresh() })
  const page = useLoaded({ query: BulkProgress_Query, variables, ready: live.ready })
  return (
    <Loaded state={page}>
      {({ node }) => (node?.__typename === 'BulkOperation' ? <Progress operation={node} onClose={onClose} /> : <Missing onClose={onClose} />)}
    </Loaded>
  )
}

function Progress({ operation, onClose }: { operation: Operation; onClose(): void }) {
  const [asked, ask] = useState(false)
  const { id, state, matched, done, refused, createdAt, endedAt, requestedBy, reason } = operation
  const left = matched - done - refused
  const mayNot = whyMayNot(useViewer(), 'abortBulkOperation')
  return (
    <Panel
      title={`Replay of ${matched.toLocaleString('en-US')} ${matched === 1 ? 'delivery' : 'deliveries'}`}
      aside={
        <span className="flex gap-1">
          {state === 'RUNNING' && <Button icon={CircleStop} look="danger" className="!min-h-7" whyNot={mayNot} onClick={() => ask(true)}>Abort</Button>}
          <Button look="quiet" icon={X} className="!min-h-7" aria-label="Close the progress" onClick={onClose} />
        </span>
      }
    >
      <div className="flex flex-col gap-2">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1" aria-live="polite">
          <LookBadge look={BULK_LOOKS[state]} />
          <span>{done.toLocaleString('en-US')} replayed{refused > 0 && <span className="font-medium text-bad">, {refused.toLocaleString('en-US')} refused</span>}{left > 0 && `, ${left.toLocaleString('en-US')} ${endedAt ? 'left out' : 'to go'}`}</span>
          <span className="text-muted">started by {requestedBy.name} <RelativeTime at={createdAt} />{reason !== null && `: ${reason}`}</span>
          <a href={addressOf.deliveries({ trigger: 'REPLAY', createdAfter: createdAt, operation: id })} className="ml-auto">Show the new deliveries</a>
        </div>
        <Bar done={done} refused={refused} matched={matched} />
        {refused > 0 && <BulkRefusals operation={operation} />}
      </div>
      {asked && <AbortDialog id={id} onClose={() => ask(false)} />}
    </Panel>
  )
}

function Bar({ done, refused, matched }: { done: number; refused: number; matched: number }) {
  const part = (count: number) => `${matched === 0 ? 0 : Math.min(100, (100 * count) / matched)}%`
  return (
    <div role="progressbar" aria-label="Replayed" aria-valuenow={done + refused} aria-valuemin={0} aria-valuemax={matched} className="flex h-2.5 overflow-hidden rounded-full border border-edge bg-sunken">
      <div className={TONE_FILL.good} style={{ width: part(done) }} />
      <div className={TONE_FILL.bad} style={{ width: part(refused) }} />
    </div>
  )
}

function Missing({ onClose }: { onClose(): void }) {
  return <div className="panel flex items-center justify-between gap-3 p-3"><span>There is no such operation any more, or your role may not read it.</span><Button onClick={onClose}>Close</Button></div>
}

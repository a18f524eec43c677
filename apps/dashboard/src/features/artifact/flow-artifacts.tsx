import { COMPLETION_ARTIFACT } from '@sluice/protocol'
import { Download } from 'lucide-react'
import { useMemo } from 'react'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { formatBytes } from '../../ui/bytes.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { RelativeTime } from '../../ui/time.tsx'

const FlowArtifacts_Query = graphql(`
  query FlowArtifacts($id: ID!) { flow(id: $id) { id isTerminal artifacts { id name mediaType size digest attempt createdAt expiresAt url } } }
`)

type Artifact = NonNullable<ResultOf<typeof FlowArtifacts_Query>['flow']>['artifacts'][number]

/** What a flow left behind, by name, with what it is checked by. */
export function FlowArtifacts({ flowId }: { flowId: string }) {
  const page = useLoaded({ query: FlowArtifacts_Query, variables: useMemo(() => ({ id: flowId }), [flowId]) })
  useCalmRefresh(() => { if (page.data?.flow?.isTerminal !== true) page.refresh() })
  return (
    <Loaded state={page}>
      {({ flow }) => (flow && flow.artifacts.length > 0 ? <ArtifactTable artifacts={flow.artifacts} /> : <Nothing isTerminal={flow?.isTerminal ?? true} />)}
    </Loaded>
  )
}

function Nothing({ isTerminal }: { isTerminal: boolean }) {
  if (isTerminal) return <p className="text-muted">It left nothing behind.</p>
  return <p className="text-muted">Nothing yet: a handler leaves something with <code className="font-mono text-text">ctx.artifact('report.md', …)</code>, anybody with the lease by <code className="font-mono text-text">PUT /flows/…/artifacts/…</code></p>
}

function ArtifactTable({ artifacts }: { artifacts: readonly Artifact[] }) {
  return (
    <div className="panel overflow-hidden">
      <table className="rows">
        <caption className="sr-only">Artifacts of this flow</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="hidden w-56 md:table-cell">Type</th>
            <th scope="col" className="w-24 text-right">Size</th>
            <th scope="col" className="hidden w-56 lg:table-cell">sha-256</th>
            <th scope="col" className="hidden w-20 text-right md:table-cell">Attempt</th>
            <th scope="col" className="hidden w-32 text-right sm:table-cell">Stored</th>
            <th scope="col" className="hidden w-32 text-right xl:table-cell">Goes</th>
          </tr>
        </thead>
        <tbody>{artifacts.map(artifact => <ArtifactRow key={artifact.id} artifact={artifact} />)}</tbody>
      </table>
    </div>
  )
}

/** From where this page came: the address that the server has of itself may be another one. */
const pathOf = (url: string): string => new URL(url, location.origin).pathname

function ArtifactRow({ artifact: { name, mediaType, size, digest, attempt, createdAt, expiresAt, url } }: { artifact: Artifact }) {
  return (
    <tr>
      <td>
        <a data-row data-whole-load href={pathOf(url)} download={name} title={`Download ${name}`} className="inline-flex max-w-full items-center gap-1.5 align-middle">
          <Download size={14} aria-hidden="true" className="shrink-0" /><span className="min-w-0 truncate">{name}</span>
        </a>
        {name === COMPLETION_ARTIFACT && <span className="ml-2 align-middle text-muted">the text it finished with</span>}
      </td>
      <td className="hidden text-muted md:table-cell" title={mediaType}>{mediaType}</td>
      <td className="text-right" title={`${size.toLocaleString('en-US')} bytes`}>{formatBytes(size)}</td>
      <td className="hidden lg:table-cell"><span className="inline-flex items-center gap-0.5 font-mono text-[0.93rem]"><span title={digest}>{digest.slice(0, 8)}…{digest.slice(-8)}</span><CopyButton text={digest} label={`sha-256 of ${name}`} /></span></td>
      <td className="hidden text-right md:table-cell">{attempt + 1}</td>
      <td className="hidden text-right sm:table-cell"><RelativeTime at={createdAt} /></td>
      <td className="hidden text-right text-muted xl:table-cell">{expiresAt ? <RelativeTime at={expiresAt} /> : 'with its flow'}</td>
    </tr>
  )
}

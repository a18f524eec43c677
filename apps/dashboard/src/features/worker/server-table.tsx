import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { ShortId } from '../../ui/short-id.tsx'
import { RelativeTime } from '../../ui/time.tsx'

export const ServerTable_ServerProcess = graphql(`
  fragment ServerTable_ServerProcess on ServerProcess { id version roles startedAt aliveAt }
`)

/** The control planes that are up. */
export function ServerTable({ servers: masked }: { servers: readonly FragmentOf<typeof ServerTable_ServerProcess>[] }) {
  const servers = masked.map(server => readFragment(ServerTable_ServerProcess, server))
  return (
    <table className="rows">
      <caption className="sr-only">Control planes</caption>
      <thead>
        <tr>
          <th scope="col">Control plane</th>
          <th scope="col">Roles</th>
          <th scope="col" className="w-20 md:w-32">Version</th>
          <th scope="col" className="hidden w-40 text-right md:table-cell">Started</th>
          <th scope="col" className="hidden w-36 text-right md:table-cell" title="Each says every 5 s that it is alive; after 15 s of silence it leaves this list">Signed alive</th>
        </tr>
      </thead>
      <tbody>
        {servers.map(server => (
          <tr key={server.id}>
            <td><ShortId id={server.id} label="control plane id" /></td>
            <td title={server.roles.join(', ')}>{server.roles.join(', ')}</td>
            <td>{server.version}</td>
            <td className="hidden text-right md:table-cell"><RelativeTime at={server.startedAt} /></td>
            <td className="hidden text-right md:table-cell"><RelativeTime at={server.aliveAt} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

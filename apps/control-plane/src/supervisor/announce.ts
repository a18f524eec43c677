import type { Config } from '../config.ts'
import { VERSION } from '../checkout.ts'
import type { DataFolder } from './data-folder.ts'

/** Tells whoever started it what runs where, how to get in, how to try it and how to stop it. */
export function announce(o: { config: Config; folder: DataFolder; signInLink: string | null; say(line: string): void }): void {
  const { config, folder } = o
  const database = config.databaseUrl === null ? 'embedded PostgreSQL' : 'the database is that of DATABASE_URL'
  const signIn = o.signInLink === null ? 'npm run sign-in prints a link' : `${o.signInLink}  (once, within 15 minutes)`
  const lines = [
    '',
    `Sluice ${VERSION} is ready at ${config.address}`,
    '',
    `  Sign in   ${signIn}`,
    `  Data      ${folder.dir}  (${database}; logs in ${folder.logs})`,
    `  Stop      Ctrl-C, or kill ${process.pid}`,
    '',
    '  Start a sample from another terminal:',
    `  ${sampleCommand({ config, folder })}`,
    '',
    ...unsafe(config).map(line => `  Note: ${line}`),
  ]
  for (const line of lines) o.say(line)
}

function sampleCommand({ config, folder }: { config: Config; folder: DataFolder }): string {
  const query = 'mutation { createFlow(input: { kind: "sample.digest", input: { seconds: 5 } }) { __typename ... on CreateFlowPayload { flow { id } } ... on Error { message } } }'
  return (
    `curl -s ${config.address}/graphql -H "Authorization: Bearer $(cat '${folder.adminToken}')" ` +
    `-H 'Content-Type: application/json' -d '${JSON.stringify({ query })}'`
  )
}

/** One line for everything that is off or unsafe. */
function unsafe(config: Config): string[] {
  const loopback = ['127.0.0.1', '::1', 'localhost'].includes(config.host)
  const rules: [boolean, string][] = [
    [!loopback && !config.address.startsWith('https://'), `HOST is ${config.host}: the network can reach it, and what is sent is not encrypted.`],
    [!config.roles.includes('dispatcher'), 'ROLES has no dispatcher: nothing is swept unless another process does it.'],
    [!config.roles.includes('api'), 'ROLES has no api: there are no pages and no API here.'],
  ]
  return rules.filter(([applies]) => applies).map(([, line]) => line)
}

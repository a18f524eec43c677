import { readConfig, type Config } from '../config.ts'
import { VERSION } from '../checkout.ts'
import { dataFolder, type DataFolder } from './data-folder.ts'

interface Announcement {
  config: Config
  folder: DataFolder
  signInLink: string | null
  runnerFault?: string | null
  /** What the start found that is off or unsafe: keys that are missing or can be read by others. */
  notes?: string[]
  say(line: string): void
}

/** Tells whoever started it what runs where, how to get in, how to try it and how to stop it. */
export function announce(o: Announcement): void {
  const { config, folder } = o
  const database = config.databaseUrl === null ? 'embedded PostgreSQL' : 'the database is that of DATABASE_URL'
  const another = `${signInCommand(folder)} prints ${o.signInLink === null ? 'a link' : 'another'}`
  const signIn = o.signInLink === null ? another : `${o.signInLink}  (once, within 15 minutes; ${another})`
  const lines = [
    '',
    `Sluice ${VERSION} is ready at ${config.address}`,
    '',
    `  Sign in   ${signIn}`,
    `  Data      ${folder.dir}  (${database}; logs in ${folder.logs})`,
    ...(o.runnerFault ? [`  Runner    ${o.runnerFault}`] : []),
    `  Stop      Ctrl-C, or kill ${process.pid}`,
    '',
    '  Start a sample from another terminal:',
    `  ${sampleCommand({ config, folder })}`,
    '',
    ...[...unsafe(config), ...(o.notes ?? [])].map(line => `  Note: ${line}`),
  ]
  for (const line of lines) o.say(line)
}

/** As it works from another terminal, which knows nothing of this one's environment. */
function signInCommand({ dir }: DataFolder): string {
  const isDefault = dir === dataFolder(readConfig({}).dataDir).dir
  return isDefault ? 'npm run sign-in' : `SLUICE_DATA_DIR='${dir}' npm run sign-in`
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
  const loopback = /^(127\..*|::1|localhost)$/.test(config.host)
  const rules: [boolean, string][] = [
    [!loopback, `HOST is ${config.host}: the network can reach it, and what is sent to this port is not encrypted.`],
    [!config.roles.includes('dispatcher'), 'ROLES has no dispatcher: nothing is swept and no webhook is sent unless another process does it.'],
    [!config.roles.includes('api'), 'ROLES has no api: there are no pages and no API here.'],
    ...webhooks(config),
  ]
  return rules.filter(([applies]) => applies).map(([, line]) => line)
}

/** Where the database is embedded, a secret is always there. */
function webhooks(config: Config): [boolean, string][] {
  const hasNoSecret = config.databaseUrl !== null && config.flowWebhookSecrets === null
  return [
    [hasNoSecret && !config.webhookAllowUnsigned, 'Webhooks: there is no FLOW_WEBHOOK_SECRET, so flows with a webhookUrl are refused.'],
    [hasNoSecret && config.webhookAllowUnsigned, 'Webhooks: there is no FLOW_WEBHOOK_SECRET and WEBHOOK_ALLOW_UNSIGNED is true, so receivers cannot tell who sends.'],
    [config.webhookAllowHttp, 'Webhooks: WEBHOOK_ALLOW_HTTP is true, and what goes to an http:// address is not encrypted on its way.'],
    [config.webhookAllowHosts !== null, `Webhooks: whoever may name an address reaches ${config.webhookAllowHosts} from here (WEBHOOK_ALLOW_HOSTS).`],
  ]
}

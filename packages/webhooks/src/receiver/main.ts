import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { HELP, Misused, readOptions, type ProgramOptions } from './options.ts'
import { lineOf, plain } from './received.ts'
import { startReceiver } from './receiver.ts'

/** From source and from the bundle: the nearest folder above that has the lock file. */
function findCheckout(from: string): string {
  return existsSync(path.join(from, 'package-lock.json')) || path.dirname(from) === from ? from : findCheckout(path.dirname(from))
}

function greeting({ url, options }: { url: string; options: ProgramOptions }): string {
  return `${options.settings}WEBHOOK_ALLOW_HOSTS=127.0.0.1 WEBHOOK_ALLOW_HTTP=true npm start

starts a server that may call this receiver at ${url}. A flow that tells it how it ended:

curl -s ${options.server()}/graphql -H "Authorization: Bearer $(cat ${path.join(options.dataFolder, 'admin-token')})" -H 'Content-Type: application/json' \\
  -d '{"query":"mutation { createFlow(input: { kind: \\"sample.digest\\", input: { seconds: 2 }, webhookUrl: \\"${url}\\" }) { __typename ... on CreateFlowPayload { flow { id } } ... on Error { code message } } }"}'

${verifying(options)}
Behind the address, a path such as 429/3 or stall makes it misbehave; --help lists them.
`
}

const verifying = ({ secrets, secretsFrom }: ProgramOptions): string =>
  secrets().length > 0
    ? `It verifies with ${secretsFrom}.`
    : `There is no secret in ${secretsFrom} yet, so nothing can be verified: the embedded server makes one when it is first started; with DATABASE_URL, set FLOW_WEBHOOK_SECRET there and here.`

async function main(): Promise<void> {
  const options = readOptions({ args: process.argv.slice(2), checkout: findCheckout(path.dirname(fileURLToPath(import.meta.url))) })
  if (options === null) return console.log(HELP)
  const receiver = await startReceiver({
    port: options.port, secrets: options.secrets, remember: 0, refusesUnverified: true,
    onReceived: received => {
      console.log(lineOf(received))
      if (options.showsBody) console.log(plain(received.body))
    },
  })
  receiver.answerWith(options.answer, { times: options.times })
  console.log(greeting({ url: receiver.url, options }))
}

try {
  await main()
} catch (error) {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (!inUse && !(error instanceof Misused)) throw error
  console.error(inUse ? 'Another program listens on that port: end it, or name another port (npm run receiver -- 4402).' : error.message)
  process.exitCode = 1
}

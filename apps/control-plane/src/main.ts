import { named, openPool, type Pool } from '@sluice/db'
import { migrate } from '@sluice/db/migrate'
import { openNotify } from '@sluice/db/notify'
import { openPrisma } from '@sluice/db/prisma'
import { newId } from '@sluice/domain'
import { keyId, openEngine, storedKeyIds } from '@sluice/engine'
import { MIGRATIONS, VERSION } from './checkout.ts'
import { readServerConfig, secretsOf, withPort, type Config } from './config.ts'
import { openMetricsPlace } from './doors/metrics-place.ts'
import { openOutbound, openSender, webhookDeps } from './engine-options.ts'
import { hideInLog, logLine } from './log.ts'
import { openObserving } from './observe/open-observing.ts'
import { onceUp } from './once-up.ts'
import { startApi } from './roles/api.ts'
import { databaseClock } from './roles/database-clock.ts'
import { startDispatcher } from './roles/dispatcher.ts'
import { sendDelivery } from './roles/send-delivery.ts'
import { Refused, runProgram } from './supervisor/refused.ts'

const HOT_CONNECTIONS = 10
const READING_CONNECTIONS = 5

await runProgram(() => run(readServerConfig()))
process.exit()

/** Parses, migrates, opens, starts by role; at the end closes in reverse order. */
async function run(config: Config): Promise<void> {
  const stop = untilStopped()
  const url = config.databaseUrl
  if (url === null) throw new Refused('The control plane alone needs DATABASE_URL; npm start brings a database of its own.')
  hideInLog(secretsOf(config))
  const open: (() => Promise<unknown>)[] = []
  try {
    await onceUp(() => migrate(url, MIGRATIONS))
    const pool = openPool({ url, max: HOT_CONNECTIONS, log: logLine })
    open.push(() => pool.end())
    await tellMissingKeys(pool, config)
    const prisma = openPrisma(url, { max: READING_CONNECTIONS })
    open.push(() => prisma.$disconnect())
    const transport = await openNotify({ url, channel: 'sluice', log: (message) => logLine({ event: 'notify', message }) })
    open.push(() => transport.close())
    const process = { id: newId('server'), version: VERSION, roles: [...config.roles] }
    const observing = await openObserving({ pool, version: VERSION, processId: process.id, settings: config })
    open.push(() => observing.close())
    transport.onReconnect(observing.metrics.reconnected)
    let { address } = config
    // Closed after the engine, which lets what is being sent end.
    const sender = openSender(config)
    open.push(() => sender.close())
    const webhooks = webhookDeps(config, { outbound: openOutbound(config), address: () => address })
    const engine = await openEngine({ pool, settings: config, webhooks, waitpointSecret: config.waitpointSecret, transport, process, log: logLine, observe: observing.engine })
    open.push(() => engine.close())
    if (config.roles.includes('api')) {
      const api = await startApi({ engine, prisma, observing, settings: config })
      open.push(() => api.close())
      address = withPort(config, api.port).address
      logLine({ event: 'listening', address: config.address, port: api.port, roles: process.roles })
    }
    if (config.roles.includes('dispatcher')) {
      startDispatcher(engine, { prisma, send: sendDelivery({ sender, now: databaseClock({ pool }), unsignedAllowed: config.webhookAllowUnsigned }) })
    }
    if (!config.roles.includes('api') && config.metricsPort !== null) {
      const place = await openMetricsPlace({ pool, log: logLine, observing, place: { host: config.host, port: config.metricsPort } })
      open.push(() => place.close())
      logLine({ event: 'listening', port: place.port, roles: process.roles })
    }
    logLine({ event: 'started', ...process })
    await stop
  } finally {
    for (const close of open.reverse()) await close().catch((error: Error) => logLine({ event: 'close.failed', message: error.message }))
  }
}

/** Flows go on without a key; only what was encrypted under it stays shut. */
async function tellMissingKeys(pool: Pool, { dataEncryptionKeys }: Config): Promise<void> {
  const known = (dataEncryptionKeys ?? []).map(keyId)
  const missing = (await storedKeyIds(named(pool))).filter(id => !known.includes(id))
  if (missing.length > 0) logLine({ event: 'keys.missing', ids: missing, message: 'The database holds what was encrypted under these keys; add them to DATA_ENCRYPTION_KEY.' })
}

/** SIGTERM, Ctrl-C, or a supervisor that is gone. A second signal ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (): void => {
      if (asked) process.exit(1)
      asked = true
      logLine({ event: 'stopping' })
      resolve()
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    process.once('disconnect', onSignal)
  })
}

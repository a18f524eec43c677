/** Every check, one sentence per thing that is wrong; exits non-zero on any. */
import { checkArchitecture } from './architecture.ts'
import { checkEngines } from './engines.ts'
import { checkInvariants } from './invariants.ts'
import { checkLifecycle } from './print-lifecycle.ts'
import { checkMetrics } from './print-metrics.ts'
import { checkWebhooks } from './print-webhooks.ts'
import { checkRecords } from './records.ts'
import { runAsProgram } from './report.ts'

const CHECKS = [checkArchitecture, checkEngines, checkInvariants, checkLifecycle, checkMetrics, checkRecords, checkWebhooks]

await runAsProgram(import.meta.url, async () => (await Promise.all(CHECKS.map(check => check()))).flat())

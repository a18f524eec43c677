import { address, boolean, duration, durations, hosts, integer, keys, size, webhookSecrets } from './grammar.ts'
import { given, optional } from './knob.ts'

/** An attempt holds its delivery under a lease of 60 s, and its answer must be written before that is over. */
const TIMEOUT_MAX_MS = 30_000

/** The part of the table that is about what is sent out, and about the key under which its addresses and secrets are stored. */
export const WEBHOOK_KNOBS = {
  webhookUrl: optional(address(['http', 'https']), {
    name: 'FLOW_WEBHOOK_URL',
    secret: true,
    meaning: 'Where the events of flows go that name no endpoint themselves; it needs FLOW_WEBHOOK_SECRET, which is made where the database is embedded.',
  }),
  flowWebhookSecrets: optional(webhookSecrets(), {
    name: 'FLOW_WEBHOOK_SECRET',
    secret: true,
    meaning: 'Signs what goes to FLOW_WEBHOOK_URL and to the webhookUrl of a flow; several sign all, so that one can be replaced by another.',
  }),
  webhookAllowUnsigned: given(boolean(), {
    name: 'WEBHOOK_ALLOW_UNSIGNED',
    default: 'false',
    meaning: 'Whether events are sent without a signature where there is no FLOW_WEBHOOK_SECRET.',
  }),
  artifactInlineMaxBytes: given(size({ min: 0, max: 384 * 1024 }), {
    name: 'ARTIFACT_INLINE_MAX',
    default: '256KiB',
    meaning: 'The largest artifact or text that stands in the body of an event itself, for endpoints with inlineArtifacts; the whole body stays below 512 KiB.',
  }),
  webhookMaxAttempts: given(integer({ min: 1, max: 100 }), {
    name: 'WEBHOOK_MAX_ATTEMPTS',
    default: '5',
    meaning: 'How often a delivery is tried before it is given up.',
  }),
  webhookScheduleMs: given(durations({ min: 1, max: 30 * 86_400_000 }), {
    name: 'WEBHOOK_SCHEDULE',
    default: '5s,30s,2m,10m',
    meaning: 'The pauses between the attempts of a delivery, each ±20 %; the last one repeats.',
  }),
  webhookTimeoutMs: given(duration({ min: 10, max: TIMEOUT_MAX_MS }), {
    name: 'WEBHOOK_TIMEOUT',
    default: '10s',
    meaning: 'How long one attempt may take, from the connection to the answer; at most 30s.',
  }),
  webhookConcurrency: given(integer({ min: 1, max: 1000 }), {
    name: 'WEBHOOK_CONCURRENCY',
    default: '32',
    meaning: 'How many attempts one process makes at once.',
  }),
  webhookPerHost: given(integer({ min: 1, max: 1000 }), {
    name: 'WEBHOOK_PER_HOST',
    default: '4',
    meaning: 'How many of them may go to one host and port; not above WEBHOOK_CONCURRENCY.',
  }),
  webhookDisableAfter: given(integer({ min: 1, max: 1_000_000 }), {
    name: 'WEBHOOK_DISABLE_AFTER',
    default: '20',
    meaning: 'After so many failed deliveries in a row an endpoint is disabled.',
  }),
  webhookRetentionDays: given(integer({ min: 0, max: 36_500 }), {
    name: 'WEBHOOK_RETENTION_DAYS',
    default: '30',
    meaning: 'For how many days after its end a delivery is kept, with its attempts and its body; 0 = for ever.',
  }),
  webhookAllowHosts: optional(hosts(), {
    name: 'WEBHOOK_ALLOW_HOSTS',
    meaning: 'Hosts, addresses and networks that may be called although they are not public, comma-separated; metadata services never.',
  }),
  webhookAllowHttp: given(boolean(), {
    name: 'WEBHOOK_ALLOW_HTTP',
    default: 'false',
    meaning: 'Whether URLs that are called may begin with http:// as well as https://.',
  }),
  dataEncryptionKeys: optional(keys(), {
    name: 'DATA_ENCRYPTION_KEY',
    secret: true,
    meaning: 'Encrypts addresses and secrets of webhooks in the database; required with DATABASE_URL, made in the data folder without; of several the first encrypts.',
  }),
} as const

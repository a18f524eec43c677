// Prints docs/configuration.md and .env.example from the table of knobs; with --check it only says whether they are current.
import { readFileSync, writeFileSync } from 'node:fs'
import { KNOBS, secretNames } from '../apps/control-plane/src/config/knobs.ts'

const ROOT = new URL('../', import.meta.url)
const knobs = Object.values(KNOBS)

const row = (knob: (typeof knobs)[number]) =>
  `| \`${knob.name}\` | ${knob.default === null ? 'none' : `\`${knob.default}\``} | ${knob.grammar.form} | ${knob.meaning} |`

const DOCUMENT = `# Configuration

Sluice is configured by environment variables, read once at start. \`npm start\` also reads a file \`.env\` in the checkout;
what is already in the environment wins. This page is printed from \`apps/control-plane/src/config/knobs.ts\`.

| Knob | Default | Grammar | Meaning |
| --- | --- | --- | --- |
${knobs.map(row).join('\n')}

## Grammar

- **Durations**: a whole number and a unit: \`500ms 45s 10m 24h 7d\`. Or the same knob with \`_MS\` and a whole number: \`LEASE_TTL_MS=45000\`.
- **Sizes**: \`64KiB 8MiB\`, or a number of bytes.
- **Keys**: 32 bytes in base64, with its padding: \`openssl rand -base64 32\`; \`WAITPOINT_HMAC_SECRET\` takes longer ones too. Webhook secrets: \`whsec_\` and 24 to 64 such bytes, as Standard Webhooks has them.
- An empty variable counts as unset.

## What refuses to start

Everything that is wrong is said at once, one sentence each, and the exit code is not 0:

- a value outside its grammar or range;
- \`LEASE_TTL\` not more than twice \`HEARTBEAT\`; \`RETRY_BACKOFF_MIN\` above \`RETRY_BACKOFF_MAX\`; \`PAGE_DEFAULT\` above \`PAGE_MAX\`;
  \`INPUT_MAX\` or \`RESULT_MAX\` above \`BODY_MAX\`; \`WEBHOOK_PER_HOST\` above \`WEBHOOK_CONCURRENCY\`; a knob and its \`_MS\` form together;
- of the server, not of the verbs: \`DATABASE_URL\` without \`DATA_ENCRYPTION_KEY\` or \`WAITPOINT_HMAC_SECRET\`, and with it \`FLOW_WEBHOOK_URL\` without \`FLOW_WEBHOOK_SECRET\` unless
  \`WEBHOOK_ALLOW_UNSIGNED=true\`; a \`FLOW_WEBHOOK_URL\` that the address policy forbids as it is written (\`WEBHOOK_ALLOW_HOSTS\`, \`WEBHOOK_ALLOW_HTTP\`);
- an unknown variable that begins with \`SLUICE_\`, \`FLOW_\`, \`WEBHOOK_\`, \`WAITPOINT_\`, \`LEASE_\`, \`SWEEP_\` or \`RUNNER_\`, or that is of eight
  letters or more and one edit away from a knob. The message names the nearest knob.

The values of ${secretNames().map(name => `\`${name}\``).join(', ')} are secret: no message repeats them.

\`SLUICE_URL\` and \`SLUICE_TOKEN\` belong to workers and \`CHROMIUM_PATH\` to the browser tests; the server leaves them alone.
`

const EXAMPLE = `# Copy to .env and uncomment what you want to change. Each line shows the default. Printed from apps/control-plane/src/config/knobs.ts.

${knobs.map(knob => `# ${knob.meaning}\n# ${knob.name}=${knob.default ?? ''}`).join('\n\n')}
`

const stale = [['docs/configuration.md', DOCUMENT], ['.env.example', EXAMPLE]].filter(([file, text]) => read(file) !== text)

if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is stale: run npm run generate`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [file, text] of stale) writeFileSync(new URL(file ?? '', ROOT), text ?? '')
}

function read(file: string | undefined): string | null {
  try {
    return readFileSync(new URL(file ?? '', ROOT), 'utf8')
  } catch {
    return null
  }
}

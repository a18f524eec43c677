/** The kinds that a new runner's file begins with: real work on what everybody has, the checkout and the control plane. All only read, so they may be repeated. */
import type { Json } from '@sluice/protocol'

const SECONDS: Json = {
  type: 'number', minimum: 0, maximum: 600, default: 0, title: 'Seconds', description: 'Takes at least this long, so that a cap can be seen at work.',
}
const FOLDER: Json = {
  type: 'string', default: '.', maxLength: 1024, title: 'Folder', description: 'Below the checkout, for example packages. Symbolic links are not followed.',
  pattern: '^(?!/)(?!(.*/)?\\.\\.(/|$)).*$',
}
const READ_ONLY: Json = { onLeaseLost: 'RETRY' }

const objectOf = (properties: Record<string, Json>): Json => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties, additionalProperties: false,
})

const SAMPLES: Json = {
  $schema: './runner.schema.json',
  kinds: {
    'sample.digest': {
      title: 'SHA-256 of every file below a folder',
      command: ['{runner}', 'sample', 'digest', '{checkout}'], cwd: '{checkout}', defaults: READ_ONLY,
      inputSchema: objectOf({ folder: FOLDER, seconds: SECONDS }),
    },
    'sample.languages': {
      title: 'Files and lines by language',
      command: ['{runner}', 'sample', 'languages', '{checkout}'], cwd: '{checkout}', defaults: READ_ONLY,
      inputSchema: objectOf({ folder: FOLDER, seconds: SECONDS }),
    },
    'sample.fetch': {
      title: 'Ask the control plane how it is',
      command: ['{runner}', 'sample', 'fetch', '{controlPlane}'], cwd: '{checkout}', defaults: READ_ONLY,
      inputSchema: objectOf({
        path: {
          type: 'string', default: '/healthz', maxLength: 1024, pattern: '^/(?!/)',
          title: 'Path', description: 'At the control plane; no other address is asked.',
        },
        seconds: SECONDS,
      }),
    },
  },
}

/** The text of a new runner's file. */
export const sampleFile = (): string => `${JSON.stringify(SAMPLES, null, 2)}\n`

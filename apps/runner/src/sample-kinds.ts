/** The kinds that come with the runner: real work on what everybody has, the checkout and the control plane. All only read, so they may be repeated. */
import type { Json } from '@sluice/protocol'
import type { KindDefaults } from '@sluice/worker'
import type { CommandKind } from './command-kind.ts'

export interface SampleOptions {
  /** What starts this program, without its arguments. */
  self: readonly string[]
  checkout: string
  /** Address of the control plane. */
  url: string
}

const SECONDS: Json = {
  type: 'number', minimum: 0, maximum: 600, default: 0, title: 'Seconds', description: 'Takes at least this long, so that a cap can be seen at work.',
}
const FOLDER: Json = {
  type: 'string', default: '.', maxLength: 1024, title: 'Folder', description: 'Below the checkout, for example packages. Symbolic links are not followed.',
  pattern: '^(?!/)(?!(.*/)?\\.\\.(/|$)).*$',
}
const READ_ONLY: KindDefaults = { onLeaseLost: 'RETRY' }

const objectOf = (properties: Record<string, Json>): Json => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', properties, additionalProperties: false,
})

export const sampleKinds = ({ self, checkout, url }: SampleOptions): Record<string, CommandKind> => ({
  'sample.digest': {
    title: 'SHA-256 of every file below a folder',
    command: [...self, 'sample', 'digest', checkout], cwd: checkout, defaults: READ_ONLY,
    inputSchema: objectOf({ folder: FOLDER, seconds: SECONDS }),
  },
  'sample.languages': {
    title: 'Files and lines by language',
    command: [...self, 'sample', 'languages', checkout], cwd: checkout, defaults: READ_ONLY,
    inputSchema: objectOf({ folder: FOLDER, seconds: SECONDS }),
  },
  'sample.fetch': {
    title: 'Ask the control plane how it is',
    command: [...self, 'sample', 'fetch', url], cwd: checkout, defaults: READ_ONLY,
    inputSchema: objectOf({
      path: {
        type: 'string', default: '/healthz', maxLength: 1024, pattern: '^/(?!/)',
        title: 'Path', description: 'At the control plane; no other address is asked.',
      },
      seconds: SECONDS,
    }),
  },
})

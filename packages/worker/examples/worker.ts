import { createWorker } from '@sluice/worker'
import { approval } from './approval.ts'
import { wordCount } from './word-count.ts'

/** SLUICE_URL and SLUICE_TOKEN say where and as whom. Ends properly on SIGTERM. */
await createWorker({ name: 'example', kinds: { 'example.words': wordCount, 'example.approval': approval } }).run()

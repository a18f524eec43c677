import path from 'node:path'
import { expect, test } from 'vitest'
import { GIVEN_FIRST, KEPT_ELSEWHERE } from '../src/cli/keys-to-keep.ts'
import { dataFolder } from '../src/supervisor/data-folder.ts'

const { dataEncryptionKey, webhookSecret, waitpointSecret } = dataFolder('.sluice')

test.each([['backup', KEPT_ELSEWHERE.join('\n')], ['restore', GIVEN_FIRST]])('%s names every key that the file lacks, the one of links as well, by its file and its knob', (_verb, said) => {
  for (const file of [dataEncryptionKey, webhookSecret, waitpointSecret]) expect(said).toContain(`\`${path.basename(file)}\``)
  for (const knob of ['DATA_ENCRYPTION_KEY', 'FLOW_WEBHOOK_SECRET', 'WAITPOINT_HMAC_SECRET']) expect(said).toContain(knob)
})

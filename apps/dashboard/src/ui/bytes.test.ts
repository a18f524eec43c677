import { expect, test } from 'vitest'
import { formatBytes } from './bytes.ts'

test.each([[0, '0 B'], [512, '512 B'], [1024, '1.0 KiB'], [1434, '1.4 KiB'], [20 * 1024 ** 2, '20 MiB'], [1024 ** 3, '1.0 GiB'], [5 * 1024 ** 4, '5120 GiB']])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

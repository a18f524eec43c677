import { expect, test } from 'vitest'
import { formatDuration, formatTicking } from './duration.ts'

test.each([[0, '0ms'], [250, '250ms'], [4200, '4.2s'], [65_000, '1m 05s'], [3_600_000, '1h 00m'], [97_200_000, '1d 03h'], [-5, '0ms']])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([[0, '0s'], [999, '0s'], [59_900, '59s'], [60_000, '1m 00s'], [90_061_000, '1d 01h']])('while it ticks, %d ms is %s', (ms, text) => {
  expect(formatTicking(ms)).toBe(text)
})

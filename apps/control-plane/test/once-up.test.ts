import { expect, test } from 'vitest'
import { onceUp } from '../src/once-up.ts'

const pgError = (code: string) => Object.assign(new Error(code), { code })

test('a database that says it is starting up is asked again, wrapped or not', async () => {
  const answers = [pgError('57P03'), new Error('cannot connect', { cause: pgError('57P03') })]
  expect(await onceUp(async () => { const next = answers.shift(); if (next) throw next; return 'up' })).toBe('up')
})

test('any other failure is told at once', async () => {
  let tries = 0
  await expect(onceUp(async () => { tries += 1; throw pgError('28P01') })).rejects.toThrow('28P01')
  expect(tries).toBe(1)
})

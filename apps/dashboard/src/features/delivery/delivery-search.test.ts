import { expect, test } from 'vitest'
import { deliveryFilter, exportAddress, FAILED_DELIVERY_STATES, isAskedFor, isFiltered, toFilter } from './delivery-search.ts'

test('one word or several, and what nobody can mean is dropped', () => {
  const search = deliveryFilter.parse({ state: ['EXHAUSTED', 'GONE', 'EXHAUSTED'], endpoint: 'ep_1', eventType: 'flow.exploded', trigger: 'REPLAY', createdAfter: 'yesterday' })
  expect(search).toEqual({ state: ['EXHAUSTED'], endpoint: ['ep_1'], eventType: undefined, trigger: ['REPLAY'], createdAfter: undefined })
  expect(toFilter(search)).toEqual({ state: ['EXHAUSTED'], endpoint: ['ep_1'], trigger: ['REPLAY'] })
})

test('what else stands in the address is no filter', () => {
  const search = { ...deliveryFilter.parse({}), operation: 'blk_1' }
  expect([toFilter(search), isFiltered(search)]).toEqual([{}, false])
})

test('a group of states is asked for whole, in whatever order', () => {
  expect(isAskedFor(FAILED_DELIVERY_STATES, ['REJECTED', 'BLOCKED', 'EXHAUSTED'])).toBe(true)
  expect(isAskedFor(FAILED_DELIVERY_STATES, ['REJECTED'])).toBe(false)
  expect(isAskedFor(undefined, undefined)).toBe(true)
})

test('what is shown can be fetched as a file', () => {
  const search = deliveryFilter.parse({ state: ['EXHAUSTED', 'REJECTED'], flow: 'flow_1' })
  expect(exportAddress(search, 'csv')).toBe('/export/deliveries?format=csv&state=EXHAUSTED&state=REJECTED&flow=flow_1')
  expect(exportAddress(search, 'ndjson')).toContain('attempts=true')
})

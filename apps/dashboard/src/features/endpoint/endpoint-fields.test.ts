import { TERMINAL_EVENT_TYPES } from '@sluice/protocol'
import { describe, expect, test } from 'vitest'
import { changesBetween, CHOSEN_EVENTS, EMPTY_FIELDS, eventsInWords, fieldsOf, toggled, wrongFields } from './endpoint-fields.ts'

const settings = { name: 'crm', events: ['flow.failed'], inlineArtifacts: false, strictOrder: true }

describe('the fields of an endpoint', () => {
  test('a new one asks for every end of a flow; its URL and name are missing', () => {
    expect(EMPTY_FIELDS.events).toEqual(TERMINAL_EVENT_TYPES)
    expect(wrongFields(EMPTY_FIELDS, { isNew: true })).toEqual({ name: 'It needs a name.', url: 'It needs a URL.' })
  })

  test('an edit leaves the URL as it is, and needs an event', () => {
    expect(wrongFields(fieldsOf(settings), { isNew: false })).toEqual({})
    expect(wrongFields({ ...fieldsOf(settings), events: [] }, { isNew: false })).toEqual({ events: 'Choose at least one event.' })
  })

  test('events stand in the order of the life of a flow, and one that this page does not know stays', () => {
    expect(toggled(['flow.failed'], 'flow.queued')).toEqual(['flow.queued', 'flow.failed'])
    expect(toggled(['flow.later', 'flow.failed'], 'flow.failed')).toEqual(['flow.later'])
  })

  test('what somebody else changed is told setting by setting', () => {
    expect(changesBetween(settings, { ...settings, name: 'crm 2', events: ['flow.failed', 'flow.finished'], strictOrder: false }))
      .toEqual(['Name: crm 2, was crm', 'Events: flow.failed, flow.finished, was flow.failed', 'In strict order: no, was yes'])
  })

  test.each([[TERMINAL_EVENT_TYPES, 'every end'], [CHOSEN_EVENTS, 'all events'], [['flow.failed'], 'failed'], [['flow.queued', 'flow.failed', 'flow.skipped'], 'queued, failed +1']])('%s is told as %s', (events, words) => {
    expect(eventsInWords(events)).toBe(words)
  })
})

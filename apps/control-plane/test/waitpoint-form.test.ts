/** The form of a link: from the schema to HTML and back, and how a refusal is said there. */
import type { WaitpointRow } from '@sluice/engine'
import type { Json } from '@sluice/protocol'
import { describe, expect, test } from 'vitest'
import { fieldsOf, payloadOf } from '../src/doors/waitpoints/form-fields.ts'
import { askingPage } from '../src/doors/waitpoints/waitpoint-page.ts'
import { Problem } from '../src/doors/rest/problem.ts'

const object = (properties: Record<string, Json>, required: string[] = []) => ({ type: 'object', properties, required })
const limits = (property: Json) => fieldsOf(object({ a: property }))?.[0]?.limits
const typed = (fields: Record<string, string>) => new URLSearchParams(fields)
const page = (fields: Json, o: { sent?: Record<string, string>; path?: string[]; message?: string } = {}): string => askingPage({
  waitpoint: { key: 'ask', prompt: 'Well?', fields, allowedDecisions: ['approve'], timeoutAt: null } as unknown as WaitpointRow, nonce: 'N', idempotencyKey: 'k',
  typed: o.sent ? typed(o.sent) : null, ...(o.message === undefined ? {} : { problem: new Problem({ code: 'INVALID_INPUT', message: o.message, details: { path: o.path ?? [] } }) }),
})

describe('a field', () => {
  test.each([
    ['whole numbers', { type: 'integer', minimum: 1, maximum: 9 }, { min: 1, max: 9, step: 1 }],
    ['limits that are themselves too much', { type: 'integer', exclusiveMinimum: 1, exclusiveMaximum: 9.5 }, { min: 2, max: 9, step: 1 }],
    ['a least value that is no whole number: steps are counted from it', { type: 'integer', minimum: 0.5 }, { min: 1, step: 1 }],
    ['multiples, counted from the least of them', { type: 'integer', minimum: 1, multipleOf: 5 }, { min: 5, step: 5 }],
    ['numbers', { type: 'number', minimum: 0, maximum: 1.5 }, { min: 0, max: 1.5 }],
    ['cents', { type: 'number', minimum: 0.07, multipleOf: 0.01 }, { min: 0.07, step: 0.01 }],
    ['multiples of which the least value is none', { type: 'number', minimum: 0.05, multipleOf: 0.1 }, { min: 0.05 }],
    ['more than a number, which HTML cannot say', { type: 'number', exclusiveMinimum: 0 }, {}],
    ['texts', { type: 'string', minLength: 2, maxLength: 20 }, { minlength: 2, maxlength: 20 }],
    ['a choice', { enum: ['a'], maxLength: 3 }, {}],
  ])('has the limits of %s', (_what, property, expected) => {
    expect(limits(property)).toEqual(expected)
  })

  test('is a line where the text is short, and several lines where it may be long', () => {
    const types = fieldsOf(object({ name: { type: 'string', maxLength: 200 }, essay: { type: 'string', maxLength: 201 }, any: { type: 'string' } }))?.map(({ type }) => type)
    expect(types).toEqual(['line', 'lines', 'lines'])
    const html = page(object({ name: { type: 'string', maxLength: 40 }, any: { type: 'string', minLength: 3 } }, ['any']))
    expect(html).toContain('<input type="text" value="" id="field-0" name="payload.name" maxlength="40">')
    expect(html).toContain('<textarea rows="3" id="field-1" name="payload.any" required minlength="3">')
  })

  test('that is a yes or no is given, or not, or left out, as in the dashboard; one that must be given is a box', () => {
    const fields = object({ urgent: { type: 'boolean' }, sure: { type: 'boolean' } }, ['sure'])
    expect(page(fields)).toContain('<select id="field-0" name="payload.urgent"><option value="">Not given</option><option value="true">Yes</option><option value="false">No</option></select>')
    expect(page(fields)).toContain('<input type="checkbox" id="field-1" name="payload.sure">')
    expect(payloadOf(fields, typed({ 'payload.urgent': '' }))).toEqual({ sure: false })
    expect(payloadOf(fields, typed({ 'payload.urgent': 'false', 'payload.sure': 'on' }))).toEqual({ urgent: false, sure: true })
    expect(payloadOf(fields, typed({ 'payload.urgent': 'true' }))).toEqual({ urgent: true, sure: false })
  })

  test('of text has the line breaks that were typed: a form sends two letters for each', () => {
    expect(payloadOf(object({ note: { type: 'string', maxLength: 3 } }), typed({ 'payload.note': 'a\r\nb' }))).toEqual({ note: 'a\nb' })
  })

  test('keeps its key, whatever letters it has', () => {
    const html = page(object({ 'a "b" c': { type: 'integer' } }), { sent: { 'payload.a "b" c': '7' } })
    expect(html).toContain('value="7" id="field-0" name="payload.a &#34;b&#34; c"')
  })
})

describe('what is wrong', () => {
  const fields = object({ note: { type: 'string' }, amount: { type: 'integer', title: 'Amount & more', description: 'In euros.', minimum: 1 } }, ['amount'])

  test('is said by the title of the field and at the field, which keeps what was typed and takes another step', () => {
    const html = page(fields, { sent: { 'payload.amount': '0', 'payload.note': '\nfine' }, path: ['payload', 'amount'], message: 'payload.amount must be >= 1.' })
    expect(html).toContain('Not sent: <a href="#field-1">Amount &#38; more</a> must be at least 1.')
    expect(html).toContain('<input type="number" step="any" value="0" id="field-1" name="payload.amount" aria-describedby="field-1-problem field-1-help" aria-invalid="true" autofocus required min="1"><strong class="problem" id="field-1-problem">Must be at least 1.</strong><small id="field-1-help">In euros.</small>')
    expect(html.match(/aria-invalid/g)).toHaveLength(1)
    // One line break after the tag is HTML's own.
    expect(html).toContain('>\n\nfine</textarea>')
  })

  test.each([
    ['payload.amount must have required property \'amount\'.', 'must be given.'], ['payload.amount must be <= 9.', 'must be at most 9.'], ['payload.amount must be > 1.', 'must be more than 1.'],
    ['payload.amount must NOT have fewer than 3 characters.', 'must have at least 3 characters.'], ['payload.amount must be multiple of 5.', 'must be a multiple of 5.'],
    ['payload.amount must match format "email".', 'must have the form "email".'],
  ])('%s is said as people say it', (message, sentence) => {
    expect(page(fields, { path: ['payload', 'amount'], message }).replaceAll('&#34;', '"')).toContain(`</a> ${sentence}</p>`)
  })

  test('of no field stands above alone', () => {
    expect(page(fields, { path: ['payload', 'no'], message: 'payload.no must NOT have additional properties.' })).toContain('Not sent: no must NOT have additional properties.')
    expect(page({ type: 'array' }, { path: ['payload'], message: 'payload must be array.' })).toContain('Not sent: The answer must be array.')
    expect(page(fields, { message: '"x" is not among the decisions approve.' })).toContain('Not sent: &#34;x&#34; is not among the decisions approve.')
  })
})

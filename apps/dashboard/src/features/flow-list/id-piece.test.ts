import { expect, test } from 'vitest'
import { shortenId } from '../../ui/short-id.tsx'
import { looksLikePieceOfId } from './id-piece.ts'

const ID = 'flow_01m7k3v9w2e8t4h6q1z5epq2bx'

test.each([
  ['as the pages shorten it', shortenId(ID), true],
  ['without its prefix', ID.slice(5), true],
  ['its tail', ID.slice(-6), true],
  ['shortened by hand', 'flow_01m7...', true],
  ['the whole id', ID, false],
  ['its beginning', 'flow_01m7', false],
  ['a word', 'digest', false],
  ['words with a number', 'report 2026', false],
  ['nothing', undefined, false],
])('a piece of an id: %s', (_title, text, is) => {
  expect(looksLikePieceOfId(text)).toBe(is)
})

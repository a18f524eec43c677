import { screen, within } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { runningFlow } from '../../../test/factories.ts'
import { masked } from '../../../test/mask.ts'
import { SlotBoard } from './slot-board.tsx'

const board = (holders: object[], cap: number) => renderWith(<SlotBoard holders={holders.map(flow => masked(flow))} cap={cap} held={holders.length} />)
const cells = () => within(screen.getByRole('list', { name: 'Slots' })).getAllByRole('listitem')

describe('slot board', () => {
  test('one cell per slot of the cap, each held one a link to its flow', () => {
    const flow = runningFlow('WORKING', { title: 'Digest' })
    board([flow], 3)
    expect(cells()).toHaveLength(3)
    expect(screen.getAllByText('Free')).toHaveLength(2)
    expect(screen.getByRole('link', { name: /Digest/ }).getAttribute('href')).toBe(`/flows/${flow.id}`)
  })

  test('what is over the cap has a cell of its own and says so', () => {
    board([runningFlow(), runningFlow('WORKING', { overCap: true })], 1)
    expect(cells()).toHaveLength(2)
    expect(screen.getByText('Over the cap')).toBeTruthy()
  })

  test('without a cap there is a bar with counts and the oldest holders', () => {
    board(Array.from({ length: 12 }, () => runningFlow()), 0)
    expect(screen.getByRole('img', { name: '12 slots held; there is no cap' })).toBeTruthy()
    expect(within(screen.getByRole('list', { name: 'Oldest holders' })).getAllByRole('link')).toHaveLength(8)
  })

  test('above 200 slots there is a bar too', () => {
    board([runningFlow()], 201)
    expect(screen.getByRole('img', { name: '1 of 201 slots held' })).toBeTruthy()
  })
})

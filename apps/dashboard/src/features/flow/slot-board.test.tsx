import { screen, within } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { runningFlow, waitingFlow } from '../../../test/factories.ts'
import { masked } from '../../../test/mask.ts'
import { SlotBoard } from './slot-board.tsx'

const at = (second: number) => new Date(Date.parse('2026-11-21T10:00:00.000Z') + second * 1000).toISOString()
const attempt = (heardAt: string) => ({
  __typename: 'Attempt', id: 'att_1.1', startedAt: at(30), reportedAt: at(31), leaseExpiresAt: at(45), worker: { __typename: 'Worker', id: 'wrk_1', heartbeatAt: heardAt, heartbeatMs: 15_000 },
} as const)

const board = (holders: object[], cap: number) => renderWith(<SlotBoard holders={holders.map(flow => masked(flow))} cap={cap} held={holders.length} readAt={at(40)} />)
const cells = () => within(screen.getByRole('list', { name: 'Slots' })).getAllByRole('listitem')

describe('slot board', () => {
  test('one cell per slot of the cap, each held one a link to its flow', () => {
    const flow = runningFlow('WORKING', { title: 'Digest' })
    board([flow], 3)
    expect(cells()).toHaveLength(3)
    expect(screen.getAllByText('Free')).toHaveLength(2)
    expect(screen.getByRole('link', { name: /Digest/ }).getAttribute('href')).toBe(`/flows/${flow.id}`)
  })

  test('C-10 a holder that asks says whom, so that nobody wonders what the others wait for', () => {
    board([waitingFlow({ title: 'Report', waitKind: 'BUDGET' })], 1)
    expect(screen.getByText('Budget').title).toMatch(/^It waits\..*keeps its slot/)
  })

  test('what is over the cap has a cell of its own and says so', () => {
    board([runningFlow(), runningFlow('WORKING', { overCap: true })], 1)
    expect(cells()).toHaveLength(2)
    expect(screen.getByText('Over the cap')).toBeTruthy()
  })

  test('without a cap nothing is drawn as full: there is a count, and the oldest holders', () => {
    board(Array.from({ length: 12 }, () => runningFlow()), 0)
    expect(screen.queryByRole('img')).toBeNull()
    expect(screen.getByText('12 slots held; there is no cap')).toBeTruthy()
    expect(within(screen.getByRole('list', { name: 'Oldest holders' })).getAllByRole('link')).toHaveLength(8)
  })

  test('one slot is one slot', () => {
    board([runningFlow()], 0)
    expect(screen.getByText('1 slot held; there is no cap')).toBeTruthy()
  })

  test('a cell counts from the start of the current attempt, and shows no progress of one before it', () => {
    board([runningFlow('WORKING', { title: 'Digest', currentAttempt: attempt(at(40)), progress: { __typename: 'Progress', percent: 80, message: null, at: at(10) } })], 3)
    const cell = screen.getByRole('link', { name: /Digest/ })
    expect(cell.querySelector('time')?.getAttribute('datetime')).toBe(at(31))
    expect(cell.textContent).not.toContain('percent')
  })

  test('a cell says when the worker has not been heard', () => {
    board([runningFlow('WORKING', { title: 'Digest', currentAttempt: attempt(at(5)) })], 3)
    expect(screen.getByRole('link', { name: /Digest/ }).textContent).toContain('Worker silent for 35s')
  })

  test('above 200 slots there is a bar too', () => {
    board([runningFlow()], 201)
    expect(screen.getByRole('img', { name: '1 of 201 slots held' })).toBeTruthy()
  })
})

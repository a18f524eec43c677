import { act, fireEvent, screen, within } from '@testing-library/react'
import { QUEUE_REASONS } from '@sluice/protocol'
import { useState } from 'react'
import { describe, expect, test } from 'vitest'
import { renderWith, viewer } from '../../../test/fake-api.tsx'
import { queuedFlow, type FakeFlow } from '../../../test/factories.ts'
import { masked } from '../../../test/mask.ts'
import { REASON_LOOKS } from '../looks.ts'
import { QueueTable } from './queue-table.tsx'

const table = (flows: FakeFlow[]) => <QueueTable flows={flows.map(flow => masked(flow))} />
const titles = () => screen.getAllByRole('row').slice(1).map(row => within(row).getByRole('link', { name: /flow/ }).textContent)
const named = (name: string) => queuedFlow({}, { title: `flow ${name}` })

describe('queue table', () => {
  test.each(QUEUE_REASONS)('%s is shown with its word and its sentence', reason => {
    renderWith(table([queuedFlow({ reason, detail: 'Because of that.' })]))
    expect(screen.getAllByText(REASON_LOOKS[reason].word).length).toBeGreaterThan(0)
    expect(screen.getAllByText('Because of that.').length).toBeGreaterThan(0)
  })

  test('when a delayed flow starts is known, though not its turn', () => {
    renderWith(table([queuedFlow({ reason: 'DELAYED', position: null }, { notBefore: '2099-01-01T00:00:00.000Z' })]))
    expect(document.querySelector('time[datetime="2099-01-01T00:00:00.000Z"]')?.textContent).toMatch(/^in /)
  })

  test('a pin says that it is one, and whether it may pass the caps', () => {
    renderWith(table([queuedFlow({ pinned: true }), queuedFlow({ pinned: true, forced: true })]))
    expect(screen.getByText('Pinned first.', { exact: false })).toBeTruthy()
    expect(screen.getByText('Pinned first, may pass the caps.', { exact: false })).toBeTruthy()
  })

  test('the order does not move while a menu is open, and a line says how many changes wait', async () => {
    const [a, b, c] = [named('a'), named('b'), named('c')]
    let change: (flows: FakeFlow[]) => void = () => {}
    function Moving() {
      const [flows, setFlows] = useState([a, b])
      change = setFlows
      return table(flows)
    }
    renderWith(<Moving />)
    fireEvent.click(screen.getByRole('button', { name: 'Actions on flow b' }))
    await screen.findByRole('menu')
    act(() => change([b, a, c]))
    expect(screen.getAllByRole('link', { name: /flow/, hidden: true }).map(link => link.textContent)).toEqual(['flow a', 'flow b'])
    expect(screen.getByText(/2 changes wait/)).toBeTruthy()
    fireEvent.keyDown(screen.getByRole('menu'), { key: 'Escape' })
    await screen.findByRole('link', { name: 'flow c' })
    expect(titles()).toEqual(['flow b', 'flow a', 'flow c'])
  })

  test('an action that the viewer may not take says why', async () => {
    renderWith(table([named('a')]), { as: viewer })
    fireEvent.click(screen.getByRole('button', { name: 'Actions on flow a' }))
    const item = await screen.findByRole('menuitem', { name: /Cancel/ })
    expect(item.getAttribute('aria-disabled')).toBe('true')
    expect(item.textContent).toContain('Your role does not allow it.')
  })
})

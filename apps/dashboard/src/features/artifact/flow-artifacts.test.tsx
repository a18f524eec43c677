import { screen } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { renderWith } from '../../../test/fake-api.tsx'
import { FlowArtifacts } from './flow-artifacts.tsx'

const artifact = (name: string) => ({
  __typename: 'Artifact', id: `art_${name}`, name, mediaType: 'text/markdown', size: 1434, digest: '0123456789abcdef'.repeat(4), attempt: 1, createdAt: '2026-11-21T10:00:02.000Z', expiresAt: null,
  url: `https://elsewhere.test/flows/flow_1/artifacts/${name}`,
})
const setup = (artifacts: object[], isTerminal: boolean) =>
  renderWith(<FlowArtifacts flowId="flow_1" />, { answers: { FlowArtifacts: () => ({ flow: { __typename: 'Flow', id: 'flow_1', isTerminal, artifacts } }) } })

describe('artifacts of a flow', () => {
  test('each is told by name, type, size and digest, and downloaded from where the page came', async () => {
    setup([artifact('report.md'), artifact('completion')], true)
    const table = await screen.findByRole('table', { name: 'Artifacts of this flow' })
    for (const text of ['text/markdown', '1.4 KiB', '01234567…89abcdef', 'the text it finished with']) expect(table.textContent).toContain(text)
    const link = screen.getByRole('link', { name: 'report.md' })
    expect([link.getAttribute('href'), link.getAttribute('download')]).toEqual(['/flows/flow_1/artifacts/report.md', 'report.md'])
  })

  test.each([[true, 'It left nothing behind.'], [false, /Nothing yet/]])('without any (ended: %s) it says so', async (isTerminal, words) => {
    setup([], isTerminal)
    expect(await screen.findByText(words)).toBeTruthy()
  })
})

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

test('npm run plans seeds, measures, keeps what EXPLAIN said, and ends well', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-plans-test-'))
  try {
    const out = path.join(dir, 'explained')
    const { code, said } = await plans('--rows', '1000', '--runs', '1', '--dir', path.join(dir, 'database'), '--out', out, '--only', 'feed,upkeep,lists: status,promotion: 200')
    expect(said).toMatch(/cases on 1000 queued flows and 5000 that ended/)
    expect(said).toMatch(/promotion: 200 of three kinds {2}\(the promoting transaction: [\d.]+ ms/)
    expect(said).toMatch(/readFeed {2}flow_event_xid_position_key/)
    const kept = readdirSync(path.join(out, 'lists')).map(name => JSON.parse(readFileSync(path.join(out, 'lists', name), 'utf8')) as { statements: { explanation: object }[] })
    expect(kept.length).toBeGreaterThan(10)
    expect(kept.every(k => k.statements.every(s => 'Plan' in s.explanation))).toBe(true)
    expect(code).toBe(0)
    expect(readdirSync(dir)).toEqual(['explained'])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

async function plans(...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/plans/main.ts', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', part => (said += String(part)))
  child.stderr.on('data', part => (said += String(part)))
  return new Promise(done => child.once('close', code => done({ code, said })))
}

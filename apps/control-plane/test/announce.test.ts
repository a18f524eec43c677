import { expect, test } from 'vitest'
import { readConfig, type Environment } from '../src/config.ts'
import { announce } from '../src/supervisor/announce.ts'
import { dataFolder } from '../src/supervisor/data-folder.ts'
import { runnerFileNews } from '../src/supervisor/runner-file-news.ts'

const announced = (env: Environment, runnerFault: string | null = null): string[] => {
  const said: string[] = []
  const config = readConfig(env)
  announce({ config, folder: dataFolder(config.dataDir), signInLink: null, runnerFault, say: line => said.push(line) })
  return said
}

test.each(['0.0.0.0', '::', '192.0.2.7', 'build-box'])('HOST=%s is one line that says what is unsafe', HOST => {
  for (const PUBLIC_URL of ['', 'https://sluice.example']) {
    expect(announced({ HOST, PUBLIC_URL }).filter(line => line.includes('Note:'))).toEqual([
      `  Note: HOST is ${HOST}: the network can reach it, and what is sent to this port is not encrypted.`,
    ])
  }
})

const notes = (env: Environment): string[] => announced(env).filter(line => line.includes('Note:')).map(line => line.replace('  Note: ', ''))
const SERVER = { DATABASE_URL: 'postgresql://h/d' }
const SECRET = `whsec_${Buffer.alloc(32).toString('base64')}`

test.each([
  [SERVER, 'Webhooks: there is no FLOW_WEBHOOK_SECRET, so flows with a webhookUrl are refused.'],
  [{ ...SERVER, WEBHOOK_ALLOW_UNSIGNED: 'true' }, 'Webhooks: there is no FLOW_WEBHOOK_SECRET and WEBHOOK_ALLOW_UNSIGNED is true, so receivers cannot tell who sends.'],
  [{ WEBHOOK_ALLOW_HTTP: 'true' }, 'Webhooks: WEBHOOK_ALLOW_HTTP is true, and what goes to an http:// address is not encrypted on its way.'],
  [{ WEBHOOK_ALLOW_HOSTS: '127.0.0.1' }, 'Webhooks: whoever may name an address reaches 127.0.0.1 from here (WEBHOOK_ALLOW_HOSTS).'],
  [{ ROLES: 'api' }, 'ROLES has no dispatcher: nothing is swept and no webhook is sent unless another process does it.'],
])('%o is one line that says what is off or unsafe', (env, line) => {
  expect(notes(env)).toEqual([line])
})

test('nothing is noted of webhooks that are signed and go to public addresses', () => {
  for (const env of [{}, { WEBHOOK_ALLOW_UNSIGNED: 'true' }, { ...SERVER, FLOW_WEBHOOK_SECRET: SECRET, WEBHOOK_ALLOW_UNSIGNED: 'true' }]) expect(notes(env)).toEqual([])
})

test('what the start found about the keys is noted', () => {
  const said: string[] = []
  announce({ config: readConfig({}), folder: dataFolder('.sluice'), signInLink: null, notes: ['a key is missing.', 'a file is open.'], say: line => said.push(line) })
  expect(said.slice(-2)).toEqual(['  Note: a key is missing.', '  Note: a file is open.'])
})

test.each(['127.0.0.1', '127.0.1.1', '::1', 'localhost'])('HOST=%s is this machine only, and nothing is noted', HOST => {
  expect(announced({ HOST }).filter(line => line.includes('Note:'))).toEqual([])
})

test('the folder of the sign-in command is named where it is not the default', () => {
  expect(announced({}).join('\n')).toContain('  npm run sign-in prints a link')
  expect(announced({ SLUICE_DATA_DIR: '/somewhere/else' }).join('\n')).toContain(`SLUICE_DATA_DIR='/somewhere/else' npm run sign-in prints a link`)
})

test('a runner\'s file that cannot be used is one line at the start, and one whenever that changes', () => {
  const said: string[] = []
  const { hear, atStart } = runnerFileNews(line => said.push(line))
  const tell = (problem: string | null, instead = 'former') => hear({ runnerFile: { file: '/data/runner.json', problem, instead } })
  tell('/kinds/a lacks "command"', 'samples')
  const fault = atStart()
  expect(fault).toBe('/data/runner.json cannot be used, so only the samples run: /kinds/a lacks "command"')
  expect(announced({}, fault).filter(line => line.includes('runner.json'))).toEqual([`  Runner    ${fault}`])
  expect(said).toEqual([])
  tell('/kinds/a lacks "command"', 'samples')
  tell(null)
  tell(null)
  tell('line 3,\ncolumn 1 is not JSON')
  for (const other of [null, 'x', {}, { runnerFile: 1 }]) hear(other)
  expect(said).toEqual([
    'The runner: /data/runner.json is in use again.',
    'The runner: /data/runner.json cannot be used, so its kinds stay as they were: line 3, column 1 is not JSON',
  ])
})

test('nothing is said of a runner\'s file that can be used', () => {
  expect(announced({}).join('\n')).not.toContain('Runner')
})

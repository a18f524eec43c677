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

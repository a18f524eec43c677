import { expect, test } from 'vitest'
import { readConfig, type Environment } from '../src/config.ts'
import { announce } from '../src/supervisor/announce.ts'
import { dataFolder } from '../src/supervisor/data-folder.ts'

const announced = (env: Environment): string[] => {
  const said: string[] = []
  const config = readConfig(env)
  announce({ config, folder: dataFolder(config.dataDir), signInLink: null, say: line => said.push(line) })
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

import { parseArgs } from 'node:util'
import { ROLES, type Role } from '@sluice/protocol'
import { readConfig } from '../config.ts'
import { issueToken } from '../supervisor/bootstrap.ts'
import { Refused, runProgram } from '../supervisor/refused.ts'
import { withDatabase } from './with-database.ts'

const ROLE_NAMES = ROLES.map(role => role.toLowerCase()).join(', ')
const USAGE = `npm run token -- --role ROLE --name NAME   (ROLE is one of ${ROLE_NAMES})`

const HELP = ['--help', '-h']

/** `npm run token`: prints a token of a principal with that name and role; the principal is made when it is new. */
await runProgram(async () => {
  if (process.argv.slice(2).some(each => HELP.includes(each))) return console.log(USAGE)
  const { role, name } = readArguments()
  await withDatabase(readConfig(), async ({ url }) => {
    console.log(await issueToken({ url, token: { name, principalName: name, role } }))
    console.error('Shown once: only its hash is stored.')
  })
})

function readArguments(): { role: Role; name: string } {
  const { role, name } = parse()
  const known = ROLES.find(each => each === role?.toUpperCase())
  if (role !== undefined && known === undefined) throw new Refused(`"${role}" is no role; the roles are ${ROLE_NAMES}.`)
  if (known === undefined || name === undefined || name === '') throw new Refused(USAGE)
  return { role: known, name }
}

function parse(): { role?: string | undefined; name?: string | undefined } {
  try {
    return parseArgs({ options: { role: { type: 'string' }, name: { type: 'string' } } }).values
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

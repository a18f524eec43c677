import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { keyId } from '@sluice/engine'
import type { Config, Environment } from '../config.ts'
import { Misread, keys, secretBytes, webhookSecrets, type Grammar } from '../config/grammar.ts'
import { writePrivate, type DataFolder } from './data-folder.ts'
import { Refused } from './refused.ts'

export interface Keys {
  /** What the control plane is told, and nobody else. */
  env: Environment
  /** What is wrong with them, a sentence each. */
  notes: string[]
}

interface Place {
  config: Config
  folder: DataFolder
  /** The keys that the database needs to be read. */
  sealedWith: readonly string[]
  /** Whether links of waits were signed before, by whatever key. */
  linksSigned: boolean
}

/**
 * The keys of this start (ADR 28): what the operator has set, or else what stands in the data folder, made where the database is embedded and there is
 * nothing yet. Refused where that would put a new key in the place of one that was lost. The database must be there and migrated.
 */
export function takeKeys(o: Place): Keys {
  removeDrafts(o.folder)
  const notes = newLinks(o)
  const encryption = encryptionKeys(o)
  const secrets = o.config.flowWebhookSecrets ?? madeSecrets(o)
  const waits = o.config.waitpointSecret ?? madeWaitpointSecret(o)
  const env = {
    DATA_ENCRYPTION_KEY: encryption.map(key => key.toString('base64')).join(','),
    ...(secrets === null ? {} : { FLOW_WEBHOOK_SECRET: secrets.join(',') }),
    ...(waits === null ? {} : { WAITPOINT_HMAC_SECRET: waits.toString('base64') }),
  }
  return { env, notes: [...exposed(o.folder), ...lost(o.sealedWith, encryption.map(keyId)), ...notes] }
}

/** What stands in the folder follows what is set: rows of a time before the knob must still open. */
function encryptionKeys({ config, folder, sealedWith }: Place): readonly Buffer[] {
  const given = config.dataEncryptionKeys ?? []
  const kept = read(folder.dataEncryptionKey, keys())
  if (kept !== null || given.length > 0) return [...given, ...(kept ?? [])]
  if (sealedWith.length > 0) throw new Refused(keyIsGone(folder, sealedWith))
  const made = randomBytes(32)
  writePrivate(folder.dataEncryptionKey, `${made.toString('base64')}\n`)
  return [made]
}

/** With DATABASE_URL others share the database, and a secret of this folder alone would sign what theirs does not. */
function madeSecrets({ config, folder }: Place): readonly string[] | null {
  if (config.databaseUrl !== null) return null
  const kept = read(folder.webhookSecret, webhookSecrets())
  if (kept !== null) return kept
  const made = `whsec_${randomBytes(32).toString('base64')}`
  writePrivate(folder.webhookSecret, `${made}\n`)
  return [made]
}

/** One that was lost is made anew: what was signed with it is taken for 24 hours more, because the database has it too. */
function madeWaitpointSecret({ config, folder }: Place): Buffer | null {
  if (config.databaseUrl !== null) return null
  const kept = read(folder.waitpointSecret, secretBytes())
  if (kept !== null) return kept
  const made = randomBytes(32)
  writePrivate(folder.waitpointSecret, `${made.toString('base64')}\n`)
  return made
}

/** null = there is no such file. Refused where it cannot be read; its content is never said. */
function read<T>(file: string, grammar: Grammar<T>): T | null {
  if (!existsSync(file)) return null
  try {
    return grammar.parse(readFileSync(file, 'utf8').trim())
  } catch (error) {
    const reason = error instanceof Misread ? error.message : (error as NodeJS.ErrnoException).code
    throw new Refused(`${file} cannot be used: ${reason}.`)
  }
}

function keyIsGone({ dataEncryptionKey }: DataFolder, ids: readonly string[]): string {
  return (
    `The database holds what was encrypted under the key ${ids.join(' and ')}, and ${dataEncryptionKey} is not there. Put that file back, or set DATA_ENCRYPTION_KEY to ` +
    'what was in it. If it is lost for good, set DATA_ENCRYPTION_KEY to a new key (`openssl rand -base64 32`): then the addresses and secrets of webhooks must be entered again.'
  )
}

function lost(needed: readonly string[], known: readonly string[]): string[] {
  const missing = needed.filter(id => !known.includes(id))
  if (missing.length === 0) return []
  return [`Addresses and secrets of webhooks that were encrypted under the key ${missing.join(' and ')} cannot be read: add that key to DATA_ENCRYPTION_KEY, behind the others.`]
}

/** Asked before one is made. A folder that was restored without the file looks like this, and nobody would know why links end. */
function newLinks({ config, folder, linksSigned }: Place): string[] {
  const isMade = config.waitpointSecret === null && config.databaseUrl === null && !existsSync(folder.waitpointSecret)
  if (!isMade || !linksSigned) return []
  return [`Links of waits are signed with a new key from now on, because ${folder.waitpointSecret} was not there: those that were given out before end within 24 hours.`]
}

const secretFiles = ({ dataEncryptionKey, webhookSecret, waitpointSecret }: DataFolder): string[] => [dataEncryptionKey, webhookSecret, waitpointSecret]

function exposed(folder: DataFolder): string[] {
  const isOpen = (file: string): boolean => process.platform !== 'win32' && existsSync(file) && (statSync(file).mode & 0o077) !== 0
  return secretFiles(folder).filter(isOpen).map(file => `${file} can be read by others: chmod 600 it, and replace what is in it if they may have.`)
}

/** Of a start that was killed as it made one. Nothing was encrypted under it. */
function removeDrafts(folder: DataFolder): void {
  const isDraft = (name: string): boolean => secretFiles(folder).some(file => new RegExp(`^${path.basename(file)}\\.\\d+$`).test(name))
  for (const name of readdirSync(folder.dir).filter(isDraft)) rmSync(path.join(folder.dir, name))
}

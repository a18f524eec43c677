/** Who acts in the run that no secret may come out of, and all that it was told: each answer's text is kept, but where a secret is asked for. */
import { randomBytes } from 'node:crypto'
import type { World } from '@sluice/testkit/world'

/** A part of an address as services have them: what gives the right to post there. */
export const token = (): string => `T${randomBytes(12).toString('hex')}`

export interface Said { what: string; text: string }

/** as: another token than the admin's. isSecret: the answer is one that shows a secret, and is not kept. */
export interface Asking { as?: string; isSecret?: boolean }

export interface Told {
  /** Fails on GraphQL errors. */
  ask<T>(document: string, variables?: Record<string, unknown>, o?: Asking): Promise<T>
  get(path: string, o?: { accept?: string }): Promise<string>
  post(path: string, body: unknown): Promise<string>
}

/** Asks in the admin's name unless it is told another token. `said` grows with what was answered. */
export function teller(world: World, said: Said[]): Told {
  const call = async (path: string, o: Asking & { body?: string; accept?: string } = {}): Promise<string> => {
    const response = await fetch(new URL(path, world.url), {
      ...(o.body !== undefined && { method: 'POST', body: o.body }), headers: { authorization: `Bearer ${o.as ?? world.admin.token}`, 'content-type': 'application/json', accept: o.accept ?? 'application/json' },
    })
    const text = `${[...response.headers].join('\n')}\n\n${await response.text()}`
    if (!o.isSecret) said.push({ what: `${path} ${o.body?.slice(0, 80) ?? ''}`, text })
    return text.slice(text.indexOf('\n\n') + 2)
  }
  const post = (path: string, body: unknown, o: Asking = {}) => call(path, { ...o, body: JSON.stringify(body) })
  return {
    ask: async <T>(query: string, variables = {}, o = {}) => {
      const { data, errors } = JSON.parse(await post('/graphql', { query, variables }, o)) as { data: T; errors?: unknown[] }
      if (errors) throw new Error(`${JSON.stringify(errors)}, asked ${query}`)
      return data
    },
    get: (path, o = {}) => call(path, o),
    post: (path, body) => post(path, body),
  }
}

/** As programs write it: what is hidden and how it would look. */
export function spellings(secret: string): string[] {
  if (!secret.startsWith('whsec_') && !/^[A-Za-z0-9+/]{43}=$/.test(secret)) return [secret, encodeURIComponent(secret)]
  const bytes = Buffer.from(secret.replace('whsec_', ''), 'base64')
  return [bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex'), encodeURIComponent(secret)]
}

/** Where something that is to be hidden stands all the same. */
export const found = (said: Said[], hidden: Record<string, string>): string[] =>
  said.flatMap(({ what, text }) => Object.entries(hidden).filter(([, secret]) => spellings(secret).some(one => text.includes(one))).map(([name]) => `${name} in ${what}`))

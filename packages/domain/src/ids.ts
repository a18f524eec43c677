import { monotonicFactory } from 'ulid'

/** One prefix per noun: a wrong id fails at the edge. Sortable by time of making within a process. */
export const ID_PREFIXES = {
  flow: 'flow', attempt: 'att', lane: 'lane', worker: 'wrk', principal: 'prn', token: 'tok', server: 'srv', audit: 'aud', lease: 'lse',
  endpoint: 'ep', delivery: 'dlv', event: 'evt', secret: 'whk', bulk: 'blk', waitpoint: 'wpt', signal: 'sig', artifact: 'art', flowInput: 'fin',
} as const
export type IdNoun = keyof typeof ID_PREFIXES

const next = monotonicFactory()
export const newId = (noun: IdNoun): string => `${ID_PREFIXES[noun]}_${next().toLowerCase()}`

export const isId = (noun: IdNoun, id: string): boolean => id.startsWith(`${ID_PREFIXES[noun]}_`) && id.length <= 64

/** An attempt has no key of its own: its id is its flow's and its index. */
export const attemptId = (flowId: string, index: number): string => `${ID_PREFIXES.attempt}_${flowId.slice(ID_PREFIXES.flow.length + 1)}.${index}`

import { duration, secretBytes } from './grammar.ts'
import { given, optional } from './knob.ts'

/** Longer than this a timer of the platform cannot wait. */
const TIMER_MAX = 2 ** 31 - 1

/** The part of the table that is about flows that ask somebody. */
export const WAIT_KNOBS = {
  waitpointSecret: optional(secretBytes(), {
    name: 'WAITPOINT_HMAC_SECRET',
    secret: true,
    meaning: 'Signs the tokens with which waits are answered from outside; required with DATABASE_URL, made in the data folder without. Another one takes its place at the next start, and the former is taken for 24 hours more.',
  }),
  inputDeadlineMs: optional(duration({ min: 1, max: 10 * 365 * 86_400_000 }), {
    name: 'INPUT_DEADLINE',
    meaning: 'How long a wait may stay unanswered, for waits that set nothing themselves.',
  }),
  holdMs: given(duration({ max: TIMER_MAX }), {
    name: 'HOLD_TIME',
    default: '10s',
    meaning: 'How long workers hold a wait before they release it: its handler ends, and runs again when the answer is there.',
  }),
  sweepWaitpointsMs: given(duration({ min: 10, max: TIMER_MAX }), {
    name: 'SWEEP_WAITPOINTS',
    default: '5s',
    meaning: 'How often waits that nobody answered in time are looked for.',
  }),
} as const

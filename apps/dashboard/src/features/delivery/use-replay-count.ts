import { useEffect, useRef, useState } from 'react'
import { useCommand } from '../../graphql/use-command.ts'
import type { DeliverySearch } from './delivery-search.ts'
import { ReplayDeliveries_Mutation } from './replay-documents.ts'

/** Which deliveries: those that fit, or those with these ids. */
export type ReplaySet = { filter: Partial<DeliverySearch> } | { ids: string[] }

/** exact: false = at least so many. */
export interface ReplayCount { matched: number; exact: boolean }

/** Long enough not to count for every letter. */
const TYPING_MS = 300

/** How many deliveries there are to replay, counted by the server without replaying any. count: null while it is not known. */
export const useReplayCount = (which: ReplaySet): { count: ReplayCount | null; problem: string | null } => {
  const { run, problem } = useCommand(ReplayDeliveries_Mutation, data => data.replayWebhookDeliveries)
  const [counted, setCounted] = useState<{ key: string; count: ReplayCount } | null>(null)
  const key = JSON.stringify(which)
  const latest = useRef({ run, which })
  latest.current = { run, which }
  useEffect(() => {
    const timer = setTimeout(() => {
      void latest.current.run({ input: { ...latest.current.which, dryRun: true } }).then(count => { if (count) setCounted({ key, count }) })
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [key])
  return { count: counted?.key === key ? counted.count : null, problem }
}

/** "1,234 deliveries", "1 delivery", "10,000 or more deliveries". */
export const inWords = ({ matched, exact }: ReplayCount): string =>
  `${matched.toLocaleString('en-US')}${exact ? '' : ' or more'} ${matched === 1 && exact ? 'delivery' : 'deliveries'}`

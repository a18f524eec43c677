import { useEffect, useReducer, useRef, useState, useSyncExternalStore } from 'react'
import { useConnection } from '../../graphql/connection.ts'
import { useUncachedClient } from '../../graphql/uncached.ts'
import { FrameLines } from './frame-lines.ts'
import { Output_Frames, type FrameItem } from './output-documents.ts'

/** reading: what there is is on its way. cut: nothing comes, for want of a connection or of the right. over: the flow has ended, all is there. */
export type OutputState = 'reading' | 'following' | 'cut' | 'over'

/** A server that stops says so before its socket closes. */
const PATIENCE_MS = 1000

/** The output of a flow as it comes. After a lost socket it goes on behind the last that was heard, so that nothing is missing and nothing comes twice. */
export const useOutput = (flowId: string) => {
  const [lines] = useState(() => new FrameLines())
  const version = useSyncExternalStore(lines.listen, lines.version)
  const [state, setState] = useState<OutputState>('reading')
  const [problem, setProblem] = useState<string | null>(null)
  const [round, beginAgain] = useReducer((rounds: number) => rounds + 1, 0)
  const cursor = useRef<string | null>(null)
  const client = useUncachedClient()
  const isDown = useConnection().state === 'closed'

  useEffect(() => {
    if (state === 'over') return
    // What comes after a pause has to be read before it may be called live again.
    setState('reading')
    if (isDown) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const hear = (item: FrameItem) => {
      cursor.current = item.cursor
      // The place was of no use: all that is kept follows.
      if (item.kind === 'SNAPSHOT' && item.gap) lines.clear()
      lines.add(item.frames ?? [])
      if (item.kind !== 'END') setState('following')
      else if (item.end === 'TERMINAL') setState('over')
      else if (item.end === 'REVOKED') setProblem('You may no longer read it.')
      else {
        setState('reading')
        timer = setTimeout(beginAgain, item.end === 'TOO_SLOW' ? 0 : PATIENCE_MS)
      }
    }
    const { unsubscribe } = client.subscription(Output_Frames, { id: flowId, after: cursor.current }).subscribe(({ data, error }) => {
      setProblem(error && !error.networkError ? error.graphQLErrors.map(one => one.message).join(' ') : null)
      if (data) hear(data.flowFrames)
    })
    return () => {
      clearTimeout(timer)
      unsubscribe()
    }
    // It ends by itself: to end it again would only lose what came last.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [client, flowId, lines, isDown, round])
  const isCut = state !== 'over' && (isDown || problem !== null)
  return { lines, version, state: isCut ? 'cut' as const : state, problem }
}

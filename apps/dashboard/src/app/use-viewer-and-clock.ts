import { useEffect } from 'react'
import { useQuery } from 'urql'
import { useConnection } from '../graphql/connection.ts'
import { Viewer_Query } from '../graphql/viewer.ts'
import { setClockOffset } from '../ui/clock.ts'

/** Reads who looks and what time the server has; again after every reconnect, since both may have changed. */
export const useViewerAndClock = () => {
  const { generation } = useConnection()
  const [{ data, error }, execute] = useQuery({ query: Viewer_Query, requestPolicy: 'network-only' })
  const serverTime = data?.serverTime
  useEffect(() => { if (serverTime) setClockOffset(Date.parse(serverTime) - Date.now()) }, [serverTime])
  useEffect(() => { if (generation > 1) execute({ requestPolicy: 'network-only' }) }, [generation, execute])
  return { viewer: data?.viewer ?? null, error }
}

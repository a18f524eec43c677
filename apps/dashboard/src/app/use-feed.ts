import { useEffect, useState } from 'react'
import { updateConnection } from '../graphql/connection.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLive } from '../graphql/use-live.ts'

const Layout_Overview = graphql(`subscription LayoutOverview { overview { cursor kind gap end feedLagMs openWaits } }`)
const NONE = {}

/** The server looks every five seconds and is silent when nothing changed: what it said before is then no longer so. */
const GOOD_FOR_MS = 10_000

/** Keeps the lamp told how far the feed is behind, and says how many waits stand open; null = not heard yet. */
export const useFeed = (): { openWaits: number | null } => {
  const [item, setItem] = useState<{ feedLagMs: number | null; openWaits: number | null } | null>(null)
  useLive({
    subscription: Layout_Overview, variables: NONE, onChange: () => {},
    item: ({ overview }) => {
      setItem(overview)
      return overview
    },
  })
  useEffect(() => {
    updateConnection({ lagMs: item?.feedLagMs ?? null })
    const timer = setTimeout(() => updateConnection({ lagMs: null }), GOOD_FOR_MS)
    return () => clearTimeout(timer)
  }, [item])
  return { openWaits: item?.openWaits ?? null }
}

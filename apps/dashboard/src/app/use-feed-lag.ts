import { useEffect } from 'react'
import { useSubscription } from 'urql'
import { updateConnection } from '../graphql/connection.ts'
import { graphql } from '../graphql/graphql.ts'

const Layout_Overview = graphql(`subscription LayoutOverview { overview { cursor kind gap end feedLagMs } }`)

/** Keeps the lamp told how far the feed is behind. */
export const useFeedLag = () => {
  const [{ data }] = useSubscription({ query: Layout_Overview })
  useEffect(() => { updateConnection({ lagMs: data?.overview.feedLagMs ?? null }) }, [data])
}

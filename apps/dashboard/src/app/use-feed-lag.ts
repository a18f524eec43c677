import { useEffect, useState } from 'react'
import { updateConnection, useConnection } from '../graphql/connection.ts'
import { graphql } from '../graphql/graphql.ts'
import { useLive } from '../graphql/use-live.ts'

const Layout_Overview = graphql(`subscription LayoutOverview { overview { cursor kind gap end feedLagMs } }`)
const NONE = {}

/** Keeps the lamp told how far the feed is behind. */
export const useFeedLag = () => {
  const [lagMs, setLag] = useState<number | null>(null)
  const { generation } = useConnection()
  useLive({
    subscription: Layout_Overview, variables: NONE, onChange: () => {},
    item: ({ overview }) => {
      setLag(overview.feedLagMs)
      return overview
    },
  })
  useEffect(() => updateConnection({ lagMs }), [lagMs, generation])
}

import { PowerOff } from 'lucide-react'
import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useLive } from '../../graphql/use-live.ts'
import { addressOf } from '../addresses.ts'

const DisabledEndpoints_Overview = graphql(`subscription DisabledEndpointsOverview { overview { cursor kind gap end disabledEndpoints } }`)
const NONE = {}
/** Also those that flows brought along. */
const EVERY = { id: undefined, name: null }

/** One line where endpoints are disabled, since nobody hears from them; nothing where none is. */
export function DisabledEndpoints() {
  const [count, setCount] = useState(0)
  useLive({
    subscription: DisabledEndpoints_Overview, variables: NONE, onChange: () => {},
    item: ({ overview }) => {
      if (overview.disabledEndpoints !== null) setCount(overview.disabledEndpoints)
      return overview
    },
  })
  return (
    <p aria-live="polite" className={count > 0 ? 'panel m-0 flex items-center gap-2 !border-bad px-3 py-2' : 'sr-only'}>
      {count > 0 && <><PowerOff size={15} aria-hidden="true" className="shrink-0 text-bad" /> <span>{count === 1 ? 'A webhook endpoint is' : `${count} webhook endpoints are`} disabled: what would be told is kept as suppressed. <a href={addressOf.endpoints(EVERY)}>Show endpoints</a></span></>}
    </p>
  )
}

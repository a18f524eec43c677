import { useMemo } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../graphql/graphql.ts'
import { useViewer, whyMayNot } from '../graphql/viewer.ts'

const Names_Query = graphql(`query PrincipalNames { principals { id name } }`)

/** Names by id, where the viewer may read them; its own in any case. wanted: whether any is needed that is not known. */
export const usePrincipalNames = (wanted: boolean): ReadonlyMap<string, string> => {
  const viewer = useViewer()
  const [{ data }] = useQuery({ query: Names_Query, pause: !wanted || whyMayNot(viewer, 'principals') !== null })
  return useMemo(() => new Map([...(data?.principals ?? []), ...(viewer?.principal ? [viewer.principal] : [])].map(({ id, name }) => [id, name])), [data, viewer])
}

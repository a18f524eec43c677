import { useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { parseSearch, saysMore } from './search-params.ts'

interface Schema<Search> { parse(params: unknown): Search }

/** The address is the filter, so that it never names one that is not applied: what nobody can mean is taken out of it. */
export const useUnderstoodAddress = <Search extends Record<string, unknown>>(path: string, schema: Schema<Search>, onUnderstood: (search: Search) => void) => {
  const href = useRouterState({ select: state => state.location.href })
  const latest = useRef({ schema, onUnderstood })
  latest.current = { schema, onUnderstood }
  useEffect(() => {
    const understood = latest.current.schema.parse(parseSearch(location.search))
    if (location.pathname === path && saysMore(location.search, understood)) latest.current.onUnderstood(understood)
  }, [path, href])
}

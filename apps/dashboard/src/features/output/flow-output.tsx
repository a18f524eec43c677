import { ArrowDown, Scissors } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { Button } from '../../ui/button.tsx'
import { useRowWindow } from '../../ui/row-window.ts'
import { OutputBar } from './output-bar.tsx'
import { OutputRowView, ROW_PX } from './output-row.tsx'
import { asText, download } from './output-text.ts'
import { RowLayout } from './row-layout.ts'
import { PROBE, useColumns } from './use-columns.ts'
import { useFollow } from './use-follow.ts'
import { useOutput } from './use-output.ts'
import { useSearch } from './use-search.ts'

const FlowOutput_Attempts = graphql(`
  query FlowOutputAttempts($id: ID!) { flow(id: $id) { id attempts(first: 200) { edges { node { id index worker { id name } } } } } }
`)

/** What a flow says while it is worked on, live: a window on all of it, which follows the end until somebody scrolls up. */
export function FlowOutput({ flowId }: { flowId: string }) {
  const { lines: log, version, state, problem } = useOutput(flowId)
  const workers = useWorkers(flowId, log.attempt)
  const [scroller, probe] = [useRef<HTMLDivElement>(null), useRef<HTMLSpanElement>(null)]
  const columns = useColumns(scroller, probe)
  const { unfolded, fold } = useUnfolded()
  const layout = useMemo(() => new RowLayout(log.lines, { columns, unfolded }), [log.lines, columns, unfolded])
  const { rows, starts } = layout.follow()
  const { fresh, follows, toEnd, leave } = useFollow(scroller, rows.length)
  const { first, last } = useRowWindow({ scroller, count: rows.length, rowPx: ROW_PX })
  const go = (line: number) => {
    leave()
    const element = scroller.current
    element?.scrollTo({ top: (starts[line] ?? 0) * ROW_PX - element.clientHeight / 2 })
  }
  const search = useSearch(log.lines, version, go)
  const wanted = search.text.trim().toLowerCase()
  const missing = log.missing
  return (
    <div className="flex flex-col gap-2">
      <OutputBar search={search} state={state} lines={log.said} onDownload={() => download(`${flowId}.txt`, asText(log.lines, workers))} />
      {problem && <p role="alert" className="text-bad">{problem}</p>}
      {missing > 0 && <p className="flex items-center gap-1.5 text-attention"><Scissors size={14} aria-hidden="true" className="shrink-0" /> Trimmed: {missing.toLocaleString('en-US')} earlier {missing === 1 ? 'piece is' : 'pieces are'} kept no longer; each place is marked.</p>}
      <div className="relative">
        <div ref={scroller} role="region" aria-label="Output" tabIndex={0} className="h-[max(20rem,calc(100dvh-29.5rem))] overflow-y-auto overflow-x-hidden overscroll-contain rounded-md border border-line bg-sunken p-2 font-mono text-[0.93rem]">
          <div aria-hidden="true" className="relative flex h-0 overflow-hidden"><span className="hidden w-28 shrink-0 md:inline" /><span className="inline-flex w-7 shrink-0 sm:w-24" /><span ref={probe} className="invisible shrink-0">{PROBE}</span></div>
          <div style={{ height: first * ROW_PX }} />
          {rows.slice(first, last + 1).map((row, at) => {
            const line = log.lines[row.line]
            return line && <OutputRowView key={first + at} row={row} line={line} wanted={wanted} isAt={search.at === row.line} workers={workers} unfolded={unfolded.has(row.line)} onFold={fold} />
          })}
          <div style={{ height: Math.max(0, rows.length - 1 - last) * ROW_PX }} />
          {rows.length === 0 && <p className="m-0 font-sans text-muted">{state === 'reading' ? 'Reading…' : state === 'cut' ? 'Nothing was read.' : state === 'over' ? 'It said nothing.' : 'Nothing yet: what its handler writes with ctx.output, or its command prints, appears here as it comes.'}</p>}
        </div>
        {!follows && (
          <div className="absolute inset-x-0 bottom-3 flex justify-center">
            <Button look={fresh > 0 ? 'primary' : 'plain'} icon={ArrowDown} onClick={toEnd}>{fresh > 0 ? `${fresh.toLocaleString('en-US')} new ${fresh === 1 ? 'line' : 'lines'}` : 'To the end'}</Button>
          </div>
        )}
      </div>
    </div>
  )
}

/** Who made each attempt; read again when another one speaks. */
const useWorkers = (flowId: string, attempt: number): ReadonlyMap<number, string> => {
  const { data, refresh } = useLoaded({ query: FlowOutput_Attempts, variables: useMemo(() => ({ id: flowId }), [flowId]) })
  const edges = data?.flow?.attempts.edges
  const isUnknown = edges !== undefined && attempt >= edges.length
  const latest = useRef(refresh)
  latest.current = refresh
  useEffect(() => { if (isUnknown) latest.current() }, [isUnknown, attempt])
  return useMemo(() => new Map(edges?.flatMap(({ node }) => (node.worker ? [[node.index, node.worker.name] as const] : []))), [edges])
}

const useUnfolded = () => {
  const [unfolded, set] = useState<ReadonlySet<number>>(new Set())
  const fold = useCallback((line: number) => set(now => (now.has(line) ? new Set([...now].filter(one => one !== line)) : new Set([...now, line]))), [])
  return { unfolded, fold }
}

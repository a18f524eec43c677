import { CircleAlert, LoaderCircle } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'

/** What a page knows of its data. error is a sentence; with data as well, the data is shown as old. */
export interface LoadState<Data> { data: Data | undefined; fetching: boolean; error: string | null; retry(): void }

/** Loading, failed, old or there: one wrapper for every page. */
export function Loaded<Data>({ state, children }: { state: LoadState<Data>; children: (data: Data) => ReactNode }) {
  if (state.data !== undefined) {
    return (
      <>
        {state.error && <LoadFailure message={`What is shown may be old. ${state.error}`} onRetry={state.retry} />}
        {children(state.data)}
      </>
    )
  }
  if (state.error) return <LoadFailure message={state.error} onRetry={state.retry} />
  return <p role="status" className="flex items-center gap-2 p-4 text-muted"><LoaderCircle size={16} aria-hidden="true" className="animate-spin" /> Reading…</p>
}

function LoadFailure({ message, onRetry }: { message: string; onRetry(): void }) {
  return (
    <div role="alert" className="panel mb-3 flex flex-wrap items-center gap-3 p-3">
      <CircleAlert size={16} aria-hidden="true" className="shrink-0 text-bad" />
      <span className="min-w-0 flex-1">{message}</span>
      <Button onClick={onRetry}>Read again</Button>
    </div>
  )
}

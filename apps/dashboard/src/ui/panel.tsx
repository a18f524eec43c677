import { useId, type ReactNode } from 'react'

/** A titled area of a page. flush: its content reaches the edges, as a table does. */
export function Panel({ title, aside, flush = false, children }: { title: string; aside?: ReactNode; flush?: boolean; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={`panel min-w-0 ${flush ? '' : 'p-3'}`}>
      <div className={`flex flex-wrap items-center justify-between gap-x-4 gap-y-1 ${flush ? 'px-3 py-2' : 'mb-2'}`}>
        <h2 id={id} className="m-0 text-[1.05rem] font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

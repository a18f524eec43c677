import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { createContext, useCallback, useContext, useEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
import { TONE_TEXT } from './tone.ts'

/** What an action came to, in a sentence; a refusal also says what to do next. */
export interface Notice { tone: 'good' | 'bad'; text: ReactNode }

const NoticeContext = createContext<(notice: Notice) => void>(() => {})
const KEPT = 3
const GOOD_FOR_MS = 6_000
let made = 0

/** Announces what happened. Bad news stays until it is dismissed or pushed out; good news goes by itself, but not while it is pointed at. */
export const useNotify = () => useContext(NoticeContext)

/** Shows notices in a corner and tells them to screen readers. */
export function NoticesProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<(Notice & { key: number })[]>([])
  const notify = useCallback((notice: Notice) => {
    made += 1
    const key = made
    setNotices(now => [...now, { ...notice, key }].slice(-KEPT))
  }, [])
  const dismiss = (key: number) => setNotices(now => now.filter(notice => notice.key !== key))
  return (
    <NoticeContext.Provider value={notify}>
      {children}
      <section aria-label="Notices" aria-live="polite" className="fixed bottom-3 right-3 z-50 flex w-96 max-w-[calc(100vw-1.5rem)] flex-col gap-2">
        {notices.map(notice => <NoticeLine key={notice.key} notice={notice} onDismiss={() => dismiss(notice.key)} />)}
      </section>
    </NoticeContext.Provider>
  )
}

function NoticeLine({ notice, onDismiss }: { notice: Notice; onDismiss(): void }) {
  const Icon = notice.tone === 'good' ? CircleCheck : CircleAlert
  const line = useRef<HTMLDivElement>(null)
  useGoneAfter(line, notice.tone === 'good', onDismiss)
  return (
    <div ref={line} className="popup flex items-start gap-2 p-3">
      <Icon size={16} aria-hidden="true" className={`mt-0.5 shrink-0 ${TONE_TEXT[notice.tone]}`} />
      <div className="min-w-0 flex-1 break-words">{notice.text}</div>
      <button type="button" onClick={onDismiss} aria-label="Dismiss" className="rounded p-1 text-muted hover:bg-sunken"><X size={14} aria-hidden="true" /></button>
    </div>
  )
}

const useGoneAfter = (line: RefObject<HTMLDivElement | null>, goes: boolean, onGone: () => void) => {
  const latest = useRef(onGone)
  latest.current = onGone
  useEffect(() => {
    if (!goes) return
    const timer = setInterval(() => { if (!line.current?.matches(':hover, :focus-within')) latest.current() }, GOOD_FOR_MS)
    return () => clearInterval(timer)
  }, [line, goes])
}

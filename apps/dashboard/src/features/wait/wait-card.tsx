import type { Json } from '@sluice/protocol'
import { ChevronDown, ChevronRight, ListTree, X } from 'lucide-react'
import { memo, useMemo, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { beginningOf } from '../../ui/json-form/input-fields.ts'
import { checkerOf } from '../../ui/json-form/check-input.ts'
import { LookBadge } from '../../ui/look.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { ValueView } from '../../ui/value-view.tsx'
import { addressOf } from '../addresses.ts'
import { WAIT_KIND_LOOKS, WAIT_MODE_LOOKS } from '../looks.ts'
import { Answered } from './answered.tsx'
import { AnswerForm } from './answer-form.tsx'
import { DecisionButtons } from './decision-buttons.tsx'
import { TimeLeft } from './time-left.tsx'
import { useAnswer } from './use-answer.tsx'
import { answerersOf, whyNoAnswer } from './wait-rules.ts'
import type { Wait } from './wait-documents.ts'

interface Props {
  wait: Wait
  names: ReadonlyMap<string, string>
  /** Its form is shown from the start. */
  begun?: boolean
  /** The page is that of its flow: that is not named, and all of the wait is said. */
  ofFlow?: boolean
  /** Its form was opened or closed. What is open stays where it is, whatever comes. */
  onOpen?(id: string, open: boolean): void
}

/** One wait: what is asked, by which flow, of whom, how long still, and the answer. */
export const WaitCard = memo(function WaitCard({ wait, names, begun = false, ofFlow = false, onOpen }: Props) {
  const [open, setOpen] = useState(begun)
  const command = useAnswer(wait)
  const mayNot = whyNoAnswer(wait, names)
  const unasked = useUnasked(wait.fields)
  const turn = (next: boolean) => { setOpen(next); command.forget(); onOpen?.(wait.id, next) }
  const decide = async (decision: string, payload: Json) => { if (await command.answer(decision, payload)) turn(false) }
  const whyNot = command.running ? 'Waiting for the answer.' : mayNot
  const isOpen = wait.state === 'OPEN' || wait.state === 'PENDING'
  return (
    <article aria-label={`${wait.key} of ${wait.flow.title}`} className="flex flex-col gap-3 p-3">
      <div className="flex flex-wrap items-start gap-x-6 gap-y-2">
        <div className="flex min-w-0 flex-1 basis-80 flex-col gap-1.5">
          <p className={`m-0 break-words text-[1.05rem] font-medium ${open ? 'whitespace-pre-wrap' : 'line-clamp-2 whitespace-pre-line'}`}>{wait.prompt ?? <span className="font-mono text-[0.95rem]">{wait.key}</span>}</p>
          <Facts wait={wait} names={names} ofFlow={ofFlow} />
        </div>
        {isOpen && wait.answer === null
          ? <div className="flex flex-col gap-2 sm:items-end">
              <TimeLeft wait={wait} />
              <div className="flex flex-wrap gap-2">
                <Toggle wait={wait} open={open} needed={unasked === null} onTurn={turn} />
                {unasked !== null && !open && <DecisionButtons wait={wait} whyNot={whyNot} onDecide={decision => void decide(decision, unasked.payload)} />}
              </div>
            </div>
          : <Gone wait={wait} open={open} onClose={() => turn(false)} />}
      </div>
      {ofFlow && wait.answer !== null && wait.answer.payload !== null && <ValueView value={wait.answer.payload} label={`payload of the answer to ${wait.key}`} />}
      {command.problem && <p role="alert" className="text-bad">{command.problem}</p>}
      {open && <AnswerForm wait={wait} whyNot={whyNot} command={command} onDecide={(decision, payload) => void decide(decision, payload)} />}
    </article>
  )
})

/** Opens the form: the way to answer where something must be said, else for what may be said along. */
function Toggle({ wait, open, needed, onTurn }: { wait: Wait; open: boolean; needed: boolean; onTurn(open: boolean): void }) {
  const what = `${wait.key} of ${wait.flow.title}`
  if (open) return <Button look="quiet" icon={ChevronDown} aria-expanded aria-label={`Close the form of ${what}`} onClick={() => onTurn(false)}>Close</Button>
  return needed
    ? <Button icon={ChevronRight} aria-expanded={false} aria-label={`Answer ${what}`} onClick={() => onTurn(true)}>Answer</Button>
    : <Button look="quiet" icon={ListTree} className="order-last sm:order-none" aria-expanded={false} aria-label={`Say more to ${what}`} onClick={() => onTurn(true)}>{wait.fields === null ? 'With data' : 'With more'}</Button>
}

/** Answered elsewhere while the row was kept for who was typing. */
function Gone({ wait, open, onClose }: { wait: Wait; open: boolean; onClose(): void }) {
  return (
    <div role="status" className="flex flex-wrap items-center gap-3">
      <Answered wait={wait} />
      {open && <Button icon={X} aria-label={`Put away ${wait.key} of ${wait.flow.title}`} onClick={onClose}>Put away</Button>}
    </div>
  )
}

function Facts({ wait, names, ofFlow }: { wait: Wait; names: ReadonlyMap<string, string>; ofFlow: boolean }) {
  return (
    <p className="m-0 flex flex-wrap items-center gap-x-3 gap-y-1 text-[0.93rem] text-muted">
      <LookBadge look={WAIT_KIND_LOOKS[wait.kind]} />
      {!ofFlow && <a data-row href={addressOf.flow(wait.flow.id)} title={wait.flow.title} className="max-w-96 truncate">{wait.flow.title}</a>}
      {!ofFlow && <span>lane <a href={addressOf.queue(wait.flow.lane.name)} className="text-muted">{wait.flow.lane.name}</a></span>}
      {ofFlow && wait.prompt !== null && <span className="font-mono text-text">{wait.key}</span>}
      {ofFlow && wait.mode !== null && <LookBadge look={WAIT_MODE_LOOKS[wait.mode]} />}
      <span>asked <RelativeTime at={wait.openedAt ?? wait.createdAt} /></span>
      <span>for {answerersOf(wait, names)}</span>
    </p>
  )
}

/** What is sent when nothing is typed: where nothing is asked for, or what the schema begins with is enough. null: something must be typed. */
const useUnasked = (fields: Json): { payload: Json } | null => useMemo(() => {
  if (fields === null) return { payload: null }
  const payload = beginningOf(fields)
  return checkerOf(fields)(payload).length === 0 ? { payload } : null
}, [fields])

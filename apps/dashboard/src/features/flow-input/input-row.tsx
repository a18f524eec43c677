import { Undo2 } from 'lucide-react'
import { useRef } from 'react'
import { useCommand } from '../../graphql/use-command.ts'
import { Button } from '../../ui/button.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { useNotify } from '../../ui/notices.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { ValueView } from '../../ui/value-view.tsx'
import { FLOW_INPUT_LOOKS } from '../looks.ts'
import { TakeBack_Mutation, type Input } from './input-documents.ts'
import { withAttempt } from './input-rules.ts'

/** by: who added it, in words. number: its place. mayNot: why it cannot be taken back, where that is not its state. */
interface Props { input: Input; by: string; number: number; mayNot: string | null }

/** One input: how it stands, by whom, what it says, and a way back while it is pending. */
export function InputRow({ input, by, number, mayNot }: Props) {
  const row = useRef<HTMLLIElement>(null)
  const command = useCommand(TakeBack_Mutation, data => data.removeFlowInput)
  const notify = useNotify()
  const attempt = withAttempt(input)
  const takeBack = async () => {
    if (!(await command.run({ input: { id: input.id } }))) return
    notify({ tone: 'good', text: `Input ${number} was taken back.` })
    // The button that had the focus is gone.
    row.current?.focus()
  }
  return (
    <li ref={row} tabIndex={-1} aria-label={`Input ${number}`} className="flex flex-col gap-2 p-3">
      <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1">
        <span className="text-muted">{number}</span>
        <LookBadge look={FLOW_INPUT_LOOKS[input.state]} />
        {attempt !== null && <span>{attempt}</span>}
        <span className="text-muted">by <span className="text-text" title={input.author}>{by}</span>, <RelativeTime at={input.createdAt} /></span>
        {input.state === 'PENDING' && <Button icon={Undo2} className="ml-auto" aria-label={`Take back input ${number}`} whyNot={command.running ? 'Waiting for the answer.' : mayNot} onClick={() => void takeBack()}>Take back</Button>}
      </div>
      {command.problem && <p role="alert" className="text-bad">{command.problem}</p>}
      <ValueView value={input.content} label={`input ${number}`} />
    </li>
  )
}

import type { Json } from '@sluice/protocol'
import { Play } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState, type FormEvent, type RefObject } from 'react'
import { useCommand } from '../../graphql/use-command.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { useGo } from '../../ui/go.ts'
import { useNotify } from '../../ui/notices.tsx'
import { Panel } from '../../ui/panel.tsx'
import { addressOf } from '../addresses.ts'
import { checkerOf, type Complaint } from '../../ui/json-form/check-input.ts'
import { CopyAs } from './copy-as.tsx'
import { NO_OPTIONS, readOptions } from './flow-options.ts'
import { NewFlow_Mutation, type FlowRequest } from './flow-request.ts'
import { InputForm } from '../../ui/json-form/input-form.tsx'
import { fieldsOf, hintsOf, resolved } from '../../ui/json-form/input-fields.ts'
import { JsonEditor } from '../../ui/json-form/json-editor.tsx'
import { OptionsPart, type EndpointChoice, type LaneChoice } from './options-part.tsx'
import { useInputDraft } from '../../ui/json-form/use-input-draft.ts'
import { useCtrlEnter } from '../../ui/use-ctrl-enter.ts'

/** begun: the text that was typed for this kind before. onText: what is typed now, to be kept. */
interface Props { kind: string; schema: Json; lanes: readonly LaneChoice[]; endpoints: readonly EndpointChoice[]; begun: string | undefined; onText(text: string): void }

/** The input of one kind as a form and as JSON, its options, and the button that submits it. The JSON is the truth: fields show it and write into it. */
export function NewFlowForm({ kind, schema, lanes, endpoints, begun, onText }: Props) {
  const draft = useInputDraft(schema, { begun, onText })
  const [typed, setTyped] = useState(NO_OPTIONS)
  const [asked, setAsked] = useState(false)
  const command = useSubmit()
  const check = useMemo(() => checkerOf(schema), [schema])
  const complaints = useMemo(() => check(draft.value), [check, draft.value])
  const { options, complaints: optionComplaints } = useMemo(() => readOptions(typed), [typed])
  const fields = useMemo(() => fieldsOf(schema), [schema])
  const [wrongControls, setWrongControls] = useState<ReadonlySet<string>>(new Set())
  const tellWrong = useCallback((control: string, wrong: string | null) => setWrongControls(now => withWrong(now, control, wrong)), [])
  const form = useRef<HTMLFormElement>(null)
  const wrong = wrongControls.size > 0
  const ready = draft.wrong === null && !wrong && complaints.length === 0 && optionComplaints.length === 0
  const request: FlowRequest | null = draft.wrong === null && !wrong ? { kind, input: draft.value, ...options } : null
  useFocusOnWrong(form, { asked, refused: command.refusals })
  const mayNot = useMayNotCreate()

  const submit = (event?: FormEvent) => {
    event?.preventDefault()
    setAsked(true)
    if (ready && request && mayNot === null && !command.running) void command.submit(request)
  }
  useCtrlEnter(form, submit)
  const all = [...complaints, ...inputOf(command.refusals)]
  const unshown = all.filter(({ path }) => !fields?.some(({ name }) => name === path[0]))

  return (
    <form ref={form} noValidate onSubmit={submit} onChange={command.forget} className="grid items-start gap-3 lg:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-3">
        <Panel title="Input">
          {fields === null
            ? <p className="text-muted">{schema === null ? 'This kind names no schema, so that any JSON is taken' : 'This kind’s input is not a plain object'}: it is given as JSON.</p>
            : <InputForm fields={fields} nothing="This kind takes no properties." draft={draft} complaints={complaints} refusals={inputOf(command.refusals)} asked={asked} onWrong={tellWrong} />}
        </Panel>
        <OptionsPart typed={typed} lanes={lanes} endpoints={endpoints} complaints={[...optionComplaints, ...optionsOf(command.refusals)]} onTyped={setTyped} />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" look="primary" icon={Play} whyNot={command.running ? 'Waiting for the answer.' : mayNot}>Start the flow</Button>
          <span className="text-muted"><kbd className="font-sans">Ctrl Enter</kbd> from any field</span>
        </div>
        {asked && !ready && <p role="alert" className="text-bad">Something is not right yet; it is said at its place.</p>}
        {command.problem && <p role="alert" className="text-bad">{command.problem}</p>}
      </div>
      <div className="flex min-w-0 flex-col gap-3">
        <Panel title="JSON"><JsonEditor label="Input as JSON" text={draft.text} onText={draft.type} hint={hintsOf(resolved(schema, schema) ?? {}).join(', ')} complaints={asked ? unshown : unshown.filter(({ path }) => path.length > 0)} /></Panel>
        <Panel title="What is sent"><CopyAs request={request} whyNot={whyNotCopied([...complaints, ...optionComplaints])} /></Panel>
      </div>
    </form>
  )
}

/** What is wrong is not in what is shown, so that a copy would ask for something else. */
const whyNotCopied = ([first]: Complaint[]): string | null =>
  first === undefined ? null : `Not ready to copy: ${[first.path.join('.'), first.message].filter(Boolean).join(': ')}`

const withWrong = (now: ReadonlySet<string>, control: string, wrong: string | null): ReadonlySet<string> => {
  if (now.has(control) === (wrong !== null)) return now
  return wrong === null ? new Set([...now].filter(one => one !== control)) : new Set([...now, control])
}

/** Complaints about the input, with paths from its properties down; and those about anything else. */
const inputOf = (complaints: Complaint[]): Complaint[] => complaints.filter(({ path }) => path[0] === 'input').map(({ path, message }) => ({ path: path.slice(1), message }))
const optionsOf = (complaints: Complaint[]): Complaint[] => complaints.filter(({ path }) => path[0] !== 'input')

const useMayNotCreate = (): string | null => {
  const viewer = useViewer()
  return whyMayNot(viewer, 'createFlow', viewer?.principal?.id)
}

/** Submits, leads to the new flow, and keeps what the server refused, by its place, until something is changed. */
const useSubmit = () => {
  const command = useCommand(NewFlow_Mutation, data => data.createFlow)
  const notify = useNotify()
  const go = useGo()
  const submit = async (request: FlowRequest) => {
    const answer = await command.run({ input: request })
    if (!answer) return
    notify({ tone: 'good', text: answer.created ? `${answer.flow.title} was submitted.` : `The idempotency key has this flow already; nothing new was submitted.` })
    go(addressOf.flow(answer.flow.id))
  }
  const { refused, clear } = command
  const refusals = useMemo((): Complaint[] => {
    const path = refused?.code === 'URL_NOT_ALLOWED' ? ['webhookUrl'] : refused?.path
    return refused && path ? [{ path: [...path], message: refused.message }] : []
  }, [refused])
  return { submit, running: command.running, problem: command.problem, refusals, forget: clear }
}

/** After a try that failed, the first field that is wrong takes the focus. */
const useFocusOnWrong = (form: RefObject<HTMLFormElement | null>, { asked, refused }: { asked: boolean; refused: Complaint[] }) => {
  useEffect(() => { if (asked) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus() }, [form, asked, refused])
}

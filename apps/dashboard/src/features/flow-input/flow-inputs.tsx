import { useMemo, useState } from 'react'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { shortenId } from '../../ui/short-id.tsx'
import { usePrincipalNames } from '../use-principal-names.ts'
import { AddInput } from './add-input.tsx'
import { FlowInputs_Events, FlowInputs_Query, type FlowOfInputs } from './input-documents.ts'
import { InputRow } from './input-row.tsx'
import { roomOf, whyFull, whyNothingMore } from './input-rules.ts'

/** What people added to a flow, live, and a form to add more while it is queued. */
export function FlowInputs({ flowId }: { flowId: string }) {
  const variables = useMemo(() => ({ id: flowId }), [flowId])
  const live = useLive({ subscription: FlowInputs_Events, variables, item: data => data.flowEvents, onChange: () => page.refresh() })
  const page = useLoaded({ query: FlowInputs_Query, variables, ready: live.ready })
  return <Loaded state={page}>{({ flow }) => flow && <Inputs flow={flow} />}</Loaded>
}

function Inputs({ flow }: { flow: FlowOfInputs }) {
  const viewer = useViewer()
  const [begun, setBegun] = useState(false)
  const stands = whyNothingMore(flow)
  // Who was typing when the flow left the queue keeps what was typed.
  const form = stands === null || begun
  return (
    <div className={form ? 'grid gap-4 lg:grid-cols-[minmax(0,1fr)_26rem]' : 'flex flex-col gap-3'}>
      <div className="flex min-w-0 flex-col gap-3">
        {stands !== null && !form && flow.inputs.length > 0 && <p className="m-0 text-muted">{stands}</p>}
        <InputList flow={flow} />
      </div>
      {form && <AddInput flowId={flow.id} whyNot={stands ?? whyMayNot(viewer, 'addFlowInput', flow.owner.id) ?? whyFull(flow.inputs)} note={stands ?? roomOf(flow.inputs)} onBegun={setBegun} />}
    </div>
  )
}

function InputList({ flow: { owner, inputs, status, isTerminal } }: { flow: FlowOfInputs }) {
  const viewer = useViewer()
  const you = viewer?.principal?.id
  const names = usePrincipalNames(inputs.some(({ author }) => author !== you && author !== owner.id))
  const mayNot = whyMayNot(viewer, 'removeFlowInput', owner.id)
  const nameOf = (id: string) => (id === you ? 'you' : id === owner.id ? owner.name : (names.get(id) ?? shortenId(id)))
  if (inputs.length === 0) {
    if (isTerminal) return <p className="text-muted">Nothing was added to it.</p>
    return <p className="text-muted">{status === 'QUEUED' ? 'Nothing was added yet: what is, goes with the next lease, and its handler finds it in ' : 'Nothing was added before its lease. While it is queued, people can add texts and JSON, which its handler finds in '}<code className="font-mono text-text">ctx.inputs</code>.</p>
  }
  return (
    <ol aria-label="Inputs of this flow" className="panel m-0 list-none divide-y divide-line p-0">
      {inputs.map((input, at) => <InputRow key={input.id} input={input} by={nameOf(input.author)} number={at + 1} mayNot={mayNot} />)}
    </ol>
  )
}

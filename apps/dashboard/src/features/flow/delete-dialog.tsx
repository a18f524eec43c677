import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { useNotify } from '../../ui/notices.tsx'
import type { FlowOfActions } from './flow-rules.ts'

const DeleteFlow_Mutation = graphql(`
  mutation DeleteFlow($input: FlowIdInput!) {
    deleteFlow(input: $input) {
      __typename
      ... on DeleteFlowPayload { deletedId }
      ... on Error { code message }
    }
  }
`)

/** Deletes a flow that has ended, with everything kept of it. */
export function DeleteDialog({ flow, onClose, onDeleted }: { flow: FlowOfActions; onClose(): void; onDeleted?: (() => void) | undefined }) {
  const command = useCommand(DeleteFlow_Mutation, data => data.deleteFlow)
  const notify = useNotify()
  const remove = async () => {
    if (!(await command.run({ input: { id: flow.id } }))) return
    notify({ tone: 'good', text: `${flow.title} was deleted.` })
    onClose()
    onDeleted?.()
  }
  return (
    <ActionDialog
      title={`Delete ${flow.title}?`} confirm="Delete 1 flow" danger onClose={onClose} onConfirm={() => void remove()} running={command.running} problem={command.problem}
      description="Its input, result, attempts and events are gone for good. The audit keeps that it was deleted, and by whom."
    />
  )
}

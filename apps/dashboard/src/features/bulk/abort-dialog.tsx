import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { useNotify } from '../../ui/notices.tsx'

const AbortBulkOperation_Mutation = graphql(`
  mutation AbortBulkOperation($input: BulkIdInput!) {
    abortBulkOperation(input: $input) {
      __typename
      ... on AbortBulkOperationPayload { operation { id state matched done refused endedAt } }
      ... on Error { code message }
    }
  }
`)

/** Ends an operation before it has been at everything. */
export function AbortDialog({ id, onClose }: { id: string; onClose(): void }) {
  const command = useCommand(AbortBulkOperation_Mutation, data => data.abortBulkOperation)
  const notify = useNotify()
  const abort = async () => {
    const answer = await command.run({ input: { id } })
    if (!answer) return
    const { state, done, matched } = answer.operation
    notify({ tone: 'good', text: state === 'DONE' ? 'It had been at everything already.' : `Aborted after ${done} of ${matched}.` })
    onClose()
  }
  return (
    <ActionDialog
      title="Abort the replay?" confirm="Abort it" danger onClose={onClose} onConfirm={() => void abort()} running={command.running} problem={command.problem}
      description="What was replayed until then stays, and is sent. The rest is left as it is."
    />
  )
}

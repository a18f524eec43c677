import { FlaskConical } from 'lucide-react'
import { useMemo, useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TestOutcome } from './test-outcome.tsx'

const TestEndpoint_Mutation = graphql(`
  mutation TestEndpoint($input: TestWebhookEndpointInput!) {
    testWebhookEndpoint(input: $input) {
      __typename
      ... on TestWebhookEndpointPayload { delivery { id state createdAt } }
      ... on Error { code message }
    }
  }
`)

/** Sends an endpoint a test, and shows what becomes of it as it happens. */
export function TestDialog({ id, name, isDisabled, onClose }: { id: string; name: string; isDisabled: boolean; onClose(): void }) {
  const [sent, setSent] = useState<{ id: string; createdAt: string } | null>(null)
  const command = useCommand(TestEndpoint_Mutation, data => data.testWebhookEndpoint)
  const test = async () => {
    const answer = await command.run({ input: { id } })
    if (answer) setSent(answer.delivery)
  }
  const endpoint = useMemo(() => ({ id }), [id])
  return (
    <ActionDialog
      title={`Test ${name}`} confirm={sent ? 'Send another' : 'Send a test'} onClose={onClose} onConfirm={() => void test()} running={command.running} problem={command.problem}
      description={<>It gets the event <code className="font-mono">webhook.test</code>, signed as any other, tried again as any other, and counted neither as failure nor as success.</>}
    >
      {isDisabled && <p className="flex items-center gap-2 text-muted"><FlaskConical size={15} aria-hidden="true" /> It is disabled; a test is sent all the same.</p>}
      {sent && <TestOutcome key={sent.id} delivery={sent} endpoint={endpoint} />}
    </ActionDialog>
  )
}

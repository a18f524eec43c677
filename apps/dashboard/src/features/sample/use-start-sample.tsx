import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { useNotify } from '../../ui/notices.tsx'
import { addressOf } from '../addresses.ts'
import { SAMPLE_SECONDS, type Sample } from './samples.ts'

const StartSample_Mutation = graphql(`
  mutation StartSample($input: CreateFlowInput!) {
    createFlow(input: $input) {
      __typename
      ... on CreateFlowPayload { flow { id title status } }
      ... on Error { code message }
    }
  }
`)

/** Starts a sample and says where it can be watched. onStarted is called when it was created. */
export const useStartSample = (onStarted: () => void) => {
  const command = useCommand(StartSample_Mutation, data => data.createFlow)
  const notify = useNotify()
  const start = async (sample: Sample) => {
    const answer = await command.run({ input: { kind: sample.kind, input: { seconds: SAMPLE_SECONDS } } })
    if (!answer) return
    notify({ tone: 'good', text: <>{answer.flow.title} was created. <a href={addressOf.flow(answer.flow.id)}>Open it</a></> })
    onStarted()
  }
  return { start, running: command.running, problem: command.problem }
}

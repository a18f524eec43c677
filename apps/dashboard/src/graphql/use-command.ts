import { useCallback, useState } from 'react'
import { useMutation, type AnyVariables, type DocumentInput } from 'urql'
import { explainRefusal } from './refusals.ts'

/** path: to what is wrong, where the refusal is about a part of the input. */
type Refused = { code: string; message: string; path?: readonly string[] | undefined }
type PayloadOf<Result> = Exclude<Result, Refused>

const isRefused = (result: unknown): result is Refused => typeof result === 'object' && result !== null && 'code' in result

/**
 * A mutation of one result union. run answers the payload, or null after a refusal or a failure;
 * problem then says what is so and what to do next, and refused is the refusal itself.
 */
export const useCommand = <Data, Variables extends AnyVariables, Result extends object>(
  document: DocumentInput<Data, Variables>, pick: (data: Data) => Result,
) => {
  const [{ fetching }, execute] = useMutation<Data, Variables>(document)
  const [problem, setProblem] = useState<string | null>(null)
  const [refused, setRefused] = useState<Refused | null>(null)
  const run = async (variables: Variables): Promise<PayloadOf<Result> | null> => {
    setProblem(null)
    setRefused(null)
    const { data, error } = await execute(variables)
    if (error || !data) {
      setProblem(error?.networkError ? 'The control plane cannot be reached. Nothing is known to have changed; try again.' : (error?.message ?? 'No answer came.'))
      return null
    }
    const result = pick(data)
    if (!isRefused(result)) return result as PayloadOf<Result>
    setRefused(result)
    setProblem(explainRefusal(result))
    return null
  }
  return { run, running: fetching, problem, refused, clear: useCallback(() => { setProblem(null); setRefused(null) }, []) }
}

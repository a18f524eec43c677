/** The kinds that the bundled runner brings along, and what they truly do. seconds paces them so that they can be watched. */
export const SAMPLES = [
  { kind: 'sample.digest', name: 'Digest', does: 'SHA-256 of every file below a folder of this checkout' },
  { kind: 'sample.languages', name: 'Languages', does: 'files and lines by language in this checkout' },
  { kind: 'sample.fetch', name: 'Fetch', does: 'a GET of the control plane’s own /healthz' },
] as const

export type Sample = (typeof SAMPLES)[number]

export const SAMPLE_SECONDS = 8

const MUTATION = `mutation { createFlow(input: { kind: "sample.digest", input: { seconds: ${SAMPLE_SECONDS} } }) { ... on CreateFlowPayload { flow { id status } } ... on Error { code message } } }`

/** The GraphQL call that starts a sample, for GraphiQL. */
export const sampleDocument = `mutation {
  createFlow(input: { kind: "sample.digest", input: { seconds: ${SAMPLE_SECONDS} } }) {
    ... on CreateFlowPayload { flow { id status } }
    ... on Error { code message }
  }
}`

/** The command lines that make a token and start a sample, for a shell in the checkout: no path is named, for the data folder may be anywhere. */
export const sampleCommand = (origin: string) => `SLUICE_TOKEN=$(npm run --silent token -- --role submitter --name me)
curl -s ${origin}/graphql -H "authorization: Bearer $SLUICE_TOKEN" -H 'content-type: application/json' -d '${JSON.stringify({ query: MUTATION })}'`

import type { OutputReason } from '@sluice/domain'
import { outputOf } from '@sluice/domain'
import { artifactsByIds, type ArtifactRow } from '@sluice/engine'
import type { Json } from '@sluice/protocol'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { FlowRef } from './flow-ref.ts'

type Urls = Pick<Context, 'deps'>

/** Where its bytes are. */
const urlOf = ({ flowId, name }: ArtifactRow, { deps }: Urls): string => `${deps.webhooks.publicUrl()}/flows/${flowId}/artifacts/${name}`

/** As REST shows it: GraphQL's names. */
export const shownArtifact = (artifact: ArtifactRow, ctx: Urls) => {
  const { id, name, mediaType, size, digest, attempt, createdAt, expiresAt } = artifact
  return { id, name, mediaType, size, digest, attempt, url: urlOf(artifact, ctx), createdAt, expiresAt }
}

export const ArtifactRef = builder.objectRef<ArtifactRow>('Artifact')

builder.node(ArtifactRef, {
  description: 'Bytes that a flow left behind, under a name.',
  id: { resolve: (artifact) => artifact.id, description: 'art_…' },
  loadMany: visibleArtifacts,
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Unique in its flow. completion: the text that the flow finished with.' }),
    mediaType: t.exposeString('mediaType', { description: 'What its worker calls it.' }),
    size: t.exposeInt('size', { description: 'How many bytes.' }),
    digest: t.exposeString('digest', { description: 'The sha-256 of its bytes, in hex.' }),
    attempt: t.exposeInt('attempt', { description: 'Which attempt left it.' }),
    url: t.string({ description: 'Where its bytes are: a GET with the rights to read the flow.', resolve: (artifact, _args, ctx) => urlOf(artifact, ctx) }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'When it goes; null = with its flow.' }),
  }),
})

/** An artifact is read with its flow: whoever may not read the flow finds none. */
async function visibleArtifacts(ids: string[], ctx: Context): Promise<(ArtifactRow | null)[]> {
  const found = new Map((await artifactsByIds(ctx.deps.pool, ids)).map((row) => [row.id, row]))
  return Promise.all(ids.map(async (id) => {
    const row = found.get(id)
    return row && (await ctx.flows.visible(row.flowId)) ? row : null
  }))
}

const OUTPUT_REASONS: Record<OutputReason, { description: string }> = {
  SINGLE: { description: 'There is one text, and it is the answer.' },
  MULTIPLE: { description: 'Reserved: there are several texts, and the first is the answer. None has it today.' },
  NONE: { description: 'It finished with nothing.' },
  NON_STRING: { description: 'It finished with something that is no text: read its result.' },
  FAILED: { description: 'It did not finish.' },
}
const OutputReasonEnum = builder.enumType('OutputReason', { description: 'Why there is an answer, or why there is none.', values: OUTPUT_REASONS })

const FlowOutput = builder.simpleObject('FlowOutput', {
  description: 'The answer of a flow, or why there is none: beside how it ended.',
  fields: (t) => ({
    reason: t.field({ type: OutputReasonEnum, description: 'Why there is one, or none.' }),
    text: t.string({ nullable: true, description: 'The answer; an empty text is one.' }),
    source: t.string({ nullable: true, description: 'What it was taken from.' }),
  }),
})

builder.objectFields(FlowRef, (t) => ({
  output: t.field({
    type: FlowOutput, nullable: true, description: 'Its answer, or why there is none; null until it has ended.',
    resolve: async (flow, _args, ctx) => outputOf({ status: await ctx.flows.column(flow, 'status'), result: (await ctx.flows.column(flow, 'result')) as Json }),
  }),
  artifacts: t.field({
    type: [ArtifactRef], description: 'What it left behind, by name.', resolve: (flow, _args, ctx) => ctx.load.artifacts.load(flow.id),
  }),
}))

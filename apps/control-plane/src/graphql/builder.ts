import SchemaBuilder from '@pothos/core'
import ErrorsPlugin from '@pothos/plugin-errors'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import SimpleObjectsPlugin from '@pothos/plugin-simple-objects'
import ValidationPlugin from '@pothos/plugin-validation'
import type PrismaTypes from '@sluice/db/pothos-types'
import { getDatamodel } from '@sluice/db/pothos-types'
import { Forbidden, InvalidInput, LimitExceeded, NotFound } from '@sluice/domain'
import type { Json } from '@sluice/protocol'
import { mayRun } from '../policies/policy.ts'
import type { Context } from './context.ts'
import { typeNameOfId } from './node-ids.ts'
import { RootRulesPlugin } from './root-rules.ts'

export interface SchemaShape {
  Context: Context
  DefaultFieldNullability: false
  PrismaTypes: PrismaTypes
  Scalars: {
    ID: { Input: string; Output: string }
    DateTime: { Input: Date; Output: Date }
    JSON: { Input: Json; Output: unknown }
    Cursor: { Input: string; Output: string }
  }
  AuthScopes: { may: string }
}

const PAGE_ARGUMENTS = {
  first: { description: 'How many from the front; PAGE_DEFAULT when absent, above PAGE_MAX refused.' },
  after: { description: 'The cursor of the last one already seen.' },
  last: { description: 'How many from the back; not together with first.' },
  before: { description: 'The cursor of the first one already seen, going backwards.' },
}

export const builder = new SchemaBuilder<SchemaShape>({
  plugins: [ErrorsPlugin, RootRulesPlugin, ScopeAuthPlugin, RelayPlugin, PrismaPlugin, ValidationPlugin, SimpleObjectsPlugin],
  defaultFieldNullability: false,
  prisma: { client: (ctx) => ctx.prisma, dmmf: getDatamodel() },
  errors: { defaultTypes: [NotFound, Forbidden, InvalidInput, LimitExceeded], unsafelyHandleInputErrors: true },
  scopeAuth: {
    authScopes: (ctx) => ({ may: (operation) => mayRun(ctx.viewer, operation) }),
    authorizeOnSubscribe: true,
    unauthorizedError: () => new Forbidden('Your roles or the scopes of this token do not allow that.'),
  },
  validation: {
    validationError: (failure) => {
      const issue = failure.issues[0]
      const path = (issue?.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
      return new InvalidInput(path[0] === 'input' ? path.slice(1) : path, issue?.message ?? 'This is not valid.')
    },
  },
  relay: {
    nodesQueryOptions: false,
    idFieldOptions: { description: 'Unique over everything; its prefix says what it is.' },
    nodeQueryOptions: {
      description: 'Anything with an id. Null when there is no such thing, or you may not read it.', nullable: true,
      args: { id: { description: 'flow_…, att_…, lane_…, wrk_…, prn_…, tok_…, aud_…, ep_…, dlv_…, evt_…, blk_…, wpt_… or art_….' } },
    },
    nodeTypeOptions: { description: 'Something with an id that is unique over everything.' },
    pageInfoTypeOptions: { description: 'Where a page stands in its list.' },
    pageInfoFieldOptions: { description: 'Where the page stands in its list.' },
    hasNextPageFieldOptions: { description: 'Whether more follow.' },
    hasPreviousPageFieldOptions: { description: 'Whether some came before.' },
    startCursorFieldOptions: { description: 'The cursor of the first one; null when the page is empty.' },
    endCursorFieldOptions: { description: 'The cursor of the last one; null when the page is empty.' },
    encodeGlobalID: (_typename, id) => String(id),
    decodeGlobalID: (id) => ({ typename: typeNameOfId(id), id }),
    firstArgOptions: PAGE_ARGUMENTS.first,
    afterArgOptions: PAGE_ARGUMENTS.after,
    lastArgOptions: PAGE_ARGUMENTS.last,
    beforeArgOptions: PAGE_ARGUMENTS.before,
    edgesFieldOptions: { description: 'The page, in order.' },
    cursorFieldOptions: { description: 'Where this one stands; opaque.' },
    nodeFieldOptions: { description: 'The thing itself.' },
  },
})

builder.queryType({ description: 'Reads. What you may not read looks as if it did not exist.' })
builder.mutationType({ description: 'Commands. An expected refusal is a member of the result union, never a GraphQL error.' })
builder.subscriptionType({
  description: 'Each begins with a SNAPSHOT item, then changes; every item carries a cursor, and passing it as after continues without a gap or a repeat.',
})

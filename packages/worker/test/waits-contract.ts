/** What the printed schema does not have yet of output and inputs. Nothing is added where it has it. */
import { buildSchema, extendSchema, parse, type GraphQLSchema } from 'graphql'

const INPUTS = `
  enum FlowInputState { PENDING DELIVERED REMOVED }
  type FlowInput { id: ID! author: String! content: JSON! state: FlowInputState! createdAt: DateTime! }
  extend type Claim { inputs: [FlowInput!]! }
`
const FRAMES = `
  enum FrameKind { TEXT LOG JSON PROGRESS WARNING ERROR }
  input FrameInput { sequence: Int! kind: FrameKind! payload: JSON! }
  input AppendFramesInput { lease: LeaseRef! frames: [FrameInput!]! }
  type AppendFramesPayload { lastSequence: Int! }
  union AppendFramesResult = AppendFramesPayload | InvalidInput | StaleLease
  extend type Mutation { appendFrames(input: AppendFramesInput!): AppendFramesResult! }
`

export function schemaWithWaits(printed: string): GraphQLSchema {
  const schema = buildSchema(printed)
  const extensions = [...(schema.getType('FlowInput') ? [] : [INPUTS]), ...(schema.getType('AppendFramesInput') ? [] : [FRAMES])]
  return extensions.reduce((whole, extension) => extendSchema(whole, parse(extension)), schema)
}

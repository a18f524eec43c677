import { graphql, type ResultOf } from '../../graphql/graphql.ts'

export const Output_Frames = graphql(`
  subscription OutputFrames($id: ID!, $after: Cursor) {
    flowFrames(id: $id, after: $after) { cursor kind gap end frames { attempt sequence kind payload at } }
  }
`)

export type FrameItem = ResultOf<typeof Output_Frames>['flowFrames']
export type Frame = NonNullable<FrameItem['frames']>[number]

import { InvalidInput } from '@sluice/domain'
import type { FramePlace } from '@sluice/engine'

/** A place in the output of one flow. The generation says whether a restore lies between. */
export interface FrameCursor extends FramePlace { generation: string }

export const frameCursorText = (generation: string, { attempt, sequence }: FramePlace): string => `${generation}.${attempt}-${sequence}`

/** @throws InvalidInput when it is no cursor of a flow's frames: one of its events is none. */
export function parseFrameCursor(text: string): FrameCursor {
  const [, generation, attempt, sequence] = /^([0-9a-z]{1,64})\.(\d{1,9})-(\d{1,9})$/.exec(text) ?? []
  if (!generation || !attempt || !sequence) throw new InvalidInput(['after'], 'This is no cursor of these frames.')
  return { generation, attempt: Number(attempt), sequence: Number(sequence) }
}

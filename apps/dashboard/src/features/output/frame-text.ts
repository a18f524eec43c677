import type { FrameKind, Json } from '@sluice/protocol'

const isObject = (value: Json): value is { [key: string]: Json } => typeof value === 'object' && value !== null && !Array.isArray(value)
const plain = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** "message key=value": a line with its fields. */
const lineOf = ({ message, fields }: { [key: string]: Json }): string =>
  [plain(message ?? ''), ...(fields !== undefined && isObject(fields) ? Object.entries(fields).map(([key, value]) => `${key}=${plain(value)}`) : [])].join('  ')

const progressOf = ({ percent, message }: { [key: string]: Json }): string => [...(typeof percent === 'number' ? [`${percent} %`] : []), ...(typeof message === 'string' ? [message] : [])].join(' ')

/** What a frame says, as a text. Anybody may write frames: a payload of an unknown shape is shown as JSON. */
export const textOfFrame = (kind: FrameKind, payload: Json): string => {
  const text = typeof payload === 'string' && kind !== 'JSON' ? payload : (isObject(payload) && saidBy(kind, payload)) || JSON.stringify(payload)
  return text.replaceAll(/\r\n?/g, '\n')
}

const saidBy = (kind: FrameKind, payload: { [key: string]: Json }): string => {
  if (kind === 'PROGRESS') return progressOf(payload)
  return kind !== 'JSON' && typeof payload['message'] === 'string' ? lineOf(payload) : ''
}

import { builder } from './builder.ts'
import type { FlowHandle } from './flow-reader.ts'

/** Flow, declared before its fields so that entity files can name it without importing each other in a circle. */
export const FlowRef = builder.objectRef<FlowHandle>('Flow')

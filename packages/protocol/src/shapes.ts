/** JSON and the shapes that cross the wire between worker and control plane. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** The right to report: every write of a worker names it. attempt counts from 0, epoch from 1. */
export interface LeaseRef { flowId: string; attempt: number; epoch: number }

/** What a worker reports about a failure. code is a short word, message a sentence, detail any JSON. */
export interface FlowError { code: string; message: string; detail?: Json; retryable: boolean }

import { readFileSync } from 'node:fs'

/** Whether this checkout's control plane has memory and waits in its schema yet. */
export const knowsWaits = readFileSync(new URL('../../apps/control-plane/schema.graphql', import.meta.url), 'utf8').includes('recordMemo(')

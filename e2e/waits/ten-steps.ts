/** A worker whose handler takes ten steps and kills its own process where KILL says: `after:3`, when the third is remembered, or `within:3`. */
import { appendFileSync } from 'node:fs'
import { createLog, createWorker, defineKind } from '@sluice/worker'

const { KILL = '', RUNS = '' } = process.env
const die = () => process.kill(process.pid, 'SIGKILL')

const tenSteps = defineKind({
  handler: async ({ step }) => {
    const results: number[] = []
    for (let n = 1; n <= 10; n++) {
      results.push(await step(`step ${n}`, () => {
        appendFileSync(RUNS, `${n}\n`)
        if (KILL === `within:${n}`) die()
        return n * n
      }))
      if (KILL === `after:${n}`) die()
    }
    return results
  },
})

await createWorker({ name: 'ten-steps', kinds: { ten: tenSteps }, log: createLog(() => {}) }).run()

/** One program, three parts: the runner; a sample, which is one of its commands; the guard, which cleans up after a runner that was killed. */
import { runGuard } from './guard.ts'
import { runRunner } from './runner.ts'
import { runSample } from './samples/run-sample.ts'

const [part, name = '', place = ''] = process.argv.slice(2)

if (part === 'guard') runGuard()
else if (part === 'sample') await runSample(name, place)
else await runRunner()

/** One program: the runner; `--check FILE`, which only looks at a runner's file; a sample, which is one of its commands; the guard, which cleans up after a runner that was killed. */
const [part, name = '', place = ''] = process.argv.slice(2)

// Loaded one at a time: a sample starts often and should not pay for the runner.
if (part === 'guard') (await import('./guard.ts')).runGuard()
else if (part === 'sample') await (await import('./samples/run-sample.ts')).runSample(name, place)
else if (part === '--check') (await import('./check-file.ts')).checkFile(name)
else await (await import('./runner.ts')).runRunner()

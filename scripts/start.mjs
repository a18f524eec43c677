// npm start: installs what is missing, builds what is stale, then is the supervisor. On a fresh clone this is the first thing that runs.
import { run } from './run.mjs'

await run('supervisor')

// The picture in README.md, taken by the browser tests: `node scripts/readme-picture.mjs` after them.
import { copyFileSync } from 'node:fs'

const taken = new URL('../e2e/screenshots/queue-bad-day-light-1440x900.png', import.meta.url)
copyFileSync(taken, new URL('../docs/dashboard.png', import.meta.url))

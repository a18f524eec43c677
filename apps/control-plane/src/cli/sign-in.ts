import { readConfig } from '../config.ts'
import { signInLink } from '../supervisor/bootstrap.ts'
import { runProgram } from '../supervisor/refused.ts'
import { withDatabase } from './with-database.ts'

/** `npm run sign-in`: prints a one-time link for the first admin. */
await runProgram(() =>
  withDatabase(readConfig(), async ({ url, config, running }) => {
    console.log(await signInLink({ url, config }))
    console.error(`Good once, within 15 minutes${running ? '' : '; Sluice is not running here, so start it first'}.`)
  }),
)

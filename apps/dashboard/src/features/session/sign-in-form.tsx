import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { CodeLine } from '../../ui/code-line.tsx'
import { TextArea } from '../../ui/field.tsx'
import { signIn } from './session-calls.ts'

const HINT = 'The first administrator’s is in the file admin-token of the data folder: .sluice, unless SLUICE_DATA_DIR names another.'

/** Says how to get in, and takes a token. onSignedIn is called with the cookie set. */
export function SignInForm({ onSignedIn }: { onSignedIn(): void }) {
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [running, setRunning] = useState(false)
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    if (!token.trim() || running) return
    setRunning(true)
    const refused = await signIn(token.trim())
    setRunning(false)
    if (refused === null) onSignedIn()
    else setProblem(refused)
  }
  return (
    <div className="flex flex-col gap-5">
      <section aria-labelledby="by-link">
        <h2 id="by-link" className="m-0 mb-1 text-[1.05rem] font-semibold">With the link</h2>
        <p className="mb-2 text-muted">Open the sign-in link that <code className="font-mono text-text">npm start</code> printed. It works once, for 15 minutes. This prints another:</p>
        <CodeLine text="npm run sign-in" label="command" />
      </section>
      <form onSubmit={event => void submit(event)} className="flex flex-col gap-3">
        <h2 className="m-0 text-[1.05rem] font-semibold">With a token</h2>
        <TextArea label="Token" rows={2} value={token} error={problem} autoComplete="off" hint={HINT} onChange={event => setToken(event.target.value)} />
        <Button type="submit" look="primary" whyNot={running ? 'Waiting for the answer.' : token.trim() ? null : 'Paste a token first.'}>Sign in</Button>
      </form>
    </div>
  )
}

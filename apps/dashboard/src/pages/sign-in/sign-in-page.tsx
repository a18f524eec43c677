import { SignInForm } from '../../features/session/sign-in-form.tsx'
import { useTitle } from '../../ui/use-title.ts'
import type { SignInSearch } from './sign-in-search.ts'

const REFUSED = {
  code: 'This link was used already, or its 15 minutes are over. Make another one.',
  unavailable: 'The server cannot answer now. Open the link once more in a moment.',
}

/** How to get in. */
export function SignInPage({ search, onSignedIn }: { search: SignInSearch; onSignedIn(): void }) {
  useTitle('Sign in')
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-5 p-4">
      <h1 className="m-0 flex items-center gap-2.5 text-[1.6rem] font-semibold"><img src="/icon.svg" alt="" width="32" height="32" /> Sign in to Sluice</h1>
      {search.refused && <p role="alert" className="panel border-bad p-3 text-bad">{REFUSED[search.refused]}</p>}
      <div className="panel p-5"><SignInForm onSignedIn={onSignedIn} /></div>
    </main>
  )
}

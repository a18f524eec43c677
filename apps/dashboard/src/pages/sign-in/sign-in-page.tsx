import { SignInForm } from '../../features/session/sign-in-form.tsx'
import { useTitle } from '../../ui/use-title.ts'

/** How to get in. */
export function SignInPage({ onSignedIn }: { onSignedIn(): void }) {
  useTitle('Sign in')
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-5 p-4">
      <h1 className="m-0 flex items-center gap-2.5 text-[1.6rem] font-semibold"><img src="/icon.svg" alt="" width="32" height="32" /> Sign in to Sluice</h1>
      <div className="panel p-5"><SignInForm onSignedIn={onSignedIn} /></div>
    </main>
  )
}

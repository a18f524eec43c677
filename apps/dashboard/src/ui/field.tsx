import { useId, type InputHTMLAttributes, type Ref, type SelectHTMLAttributes, type TextareaHTMLAttributes } from 'react'

interface Labelled { label: string; hint?: string; error?: string | null }

const describe = (id: string, { hint, error }: Labelled) => ({
  'aria-describedby': [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ') || undefined,
  'aria-invalid': error ? true : undefined,
})

/** What is wrong, and below it what is meant, which stays as it was. */
function Note({ id, hint, error }: { id: string; hint?: string | undefined; error?: string | null | undefined }) {
  return (
    <>
      {error && <p id={`${id}-error`} className="text-[0.93rem] text-bad" role="alert">{error}</p>}
      {hint && <p id={`${id}-hint`} className="text-[0.93rem] text-muted">{hint}</p>}
    </>
  )
}

/** A labelled line of input with its hint or its error. */
export function TextField({ label, hint, error, ...rest }: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">{label}</label>
      <input id={id} {...rest} {...describe(id, { label, hint: hint ?? '', error: error ?? null })} className="control w-full" />
      <Note id={id} hint={hint} error={error} />
    </div>
  )
}

/** A labelled area of input, in monospace: it is used for JSON and tokens. */
export function TextArea({ label, hint, error, ...rest }: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> }) {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">{label}</label>
      <textarea id={id} spellCheck={false} {...rest} {...describe(id, { label, hint: hint ?? '', error: error ?? null })} className="control w-full py-1.5 font-mono text-[0.93rem]" />
      <Note id={id} hint={hint} error={error} />
    </div>
  )
}

/** A labelled choice of one. */
export function SelectField({ label, hint, error, children, ...rest }: Labelled & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">{label}</label>
      <select id={id} {...rest} {...describe(id, { label, hint: hint ?? '', error: error ?? null })} className="control w-full">{children}</select>
      <Note id={id} hint={hint} error={error} />
    </div>
  )
}

/** A labelled check box. */
export function CheckBox({ label, hint, ...rest }: { label: string; hint?: string } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId()
  return (
    <div className="flex items-start gap-2">
      <input id={id} type="checkbox" {...rest} className="mt-[0.2rem] size-4 shrink-0 accent-(--accent)" aria-describedby={hint ? `${id}-hint` : undefined} />
      <div>
        <label htmlFor={id} className="font-medium">{label}</label>
        <Note id={id} hint={hint} />
      </div>
    </div>
  )
}

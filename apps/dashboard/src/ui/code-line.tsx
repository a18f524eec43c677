import { CopyButton } from './copy-button.tsx'

/** A command or a document, ready to copy. whyNot: why it is not. */
export function CodeLine({ text, label, whyNot = null }: { text: string; label: string; whyNot?: string | null }) {
  return (
    <div className="flex items-start gap-2 rounded-md border border-line bg-sunken p-2">
      <pre className="min-w-0 flex-1 overflow-x-auto whitespace-pre-wrap break-words font-mono text-[0.9rem]" tabIndex={0} aria-label={label}>{text}</pre>
      <CopyButton text={text} label={label} whyNot={whyNot} />
    </div>
  )
}

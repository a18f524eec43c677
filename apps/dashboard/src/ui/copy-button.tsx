import { Check, Copy } from 'lucide-react'
import { useState } from 'react'

/** Copies a text whole and says that it did. label names what is copied. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  const Icon = copied ? Check : Copy
  return (
    <button type="button" onClick={() => void copy()} aria-label={copied ? `${label} copied` : `Copy ${label}`} className="rounded p-1 text-muted hover:bg-sunken hover:text-text">
      <Icon size={13} aria-hidden="true" />
    </button>
  )
}

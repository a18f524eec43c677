import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button } from './button.tsx'

interface Props { text: string; label: string; whyNot?: string | null }

/** Copies a text whole and says that it did. label names what is copied. whyNot: why it cannot be copied now; the button stays reachable and says it. */
export function CopyButton({ text, label, whyNot = null }: Props) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  const Icon = copied ? Check : Copy
  if (whyNot !== null) return <Button look="quiet" icon={Copy} whyNot={whyNot} aria-label={`Copy ${label}`} />
  return (
    <button type="button" onClick={() => void copy()} aria-label={copied ? `${label} copied` : `Copy ${label}`} className="rounded p-1 text-muted hover:bg-sunken hover:text-text">
      <Icon size={13} aria-hidden="true" />
    </button>
  )
}

import { Eye, TriangleAlert } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { Button } from '../../ui/button.tsx'
import { CodeLine } from '../../ui/code-line.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { SNIPPETS, type Language } from './verify-snippets.ts'

interface Props { title: string; secret: string; note?: ReactNode; onClose(): void }

/** A secret, shown once, with what verifies by it. It goes only when somebody says that it is kept: Escape and a click beside it ask first. */
export function SecretDialog({ title, secret, note, onClose }: Props) {
  const [asked, ask] = useState(false)
  const [language, choose] = useState<Language>('node')
  return (
    <Dialog open wide title={title} onClose={() => ask(true)} description="Its receiver verifies with this secret.">
      <p className="flex items-start gap-2 font-medium text-attention"><Eye size={15} aria-hidden="true" className="mt-0.5 shrink-0" /> It is shown this once, and to nobody ever again. Put it where the receiver finds it.</p>
      <CodeLine text={secret} label="secret" />
      {note && <p>{note}</p>}
      <div>
        <h3 className="m-0 mb-1 font-semibold">Verify with any library for Standard Webhooks</h3>
        <Tabs<Language> value={language} onChange={choose} tabs={SNIPPETS.map(({ name, label, install, code }) => ({
          name, label, content: <div className="flex flex-col gap-2"><CodeLine text={install} label={`install for ${label}`} /><CodeLine text={code} label={`example for ${label}`} /></div>,
        }))} />
      </div>
      {asked && <p role="alert" className="flex items-start gap-2 text-bad"><TriangleAlert size={15} aria-hidden="true" className="mt-0.5 shrink-0" /> Nobody can show it again. If it is lost, rotate it.</p>}
      <div className="flex justify-end"><Button look="primary" onClick={onClose}>I have kept it</Button></div>
    </Dialog>
  )
}

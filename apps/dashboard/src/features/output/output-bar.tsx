import { ChevronDown, ChevronUp, CircleCheck, CloudOff, Download, LoaderCircle, Radio, Search, type LucideIcon } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import { TONE_TEXT, type Tone } from '../../ui/tone.ts'
import type { OutputState } from './use-output.ts'
import type { useSearch } from './use-search.ts'

const STATES: Record<OutputState, { icon: LucideIcon; word: string; tone: Tone }> = {
  reading: { icon: LoaderCircle, word: 'Reading', tone: 'idle' }, following: { icon: Radio, word: 'Live', tone: 'good' },
  cut: { icon: CloudOff, word: 'Not live', tone: 'bad' }, over: { icon: CircleCheck, word: 'Complete', tone: 'idle' },
}

interface Props { search: ReturnType<typeof useSearch>; state: OutputState; lines: number; onDownload(): void }

/** Searches in the output, says whether more may come, and hands it over as a file. */
export function OutputBar({ search, state, lines, onDownload }: Props) {
  const { icon: Icon, word, tone } = STATES[state]
  const none = search.text.trim() === '' ? 'Type what to look for.' : search.found.length === 0 ? 'Nothing was found.' : null
  return (
    <div className="flex flex-wrap items-center gap-2">
      <search aria-label="Search in the output" className="flex min-w-0 flex-1 basis-64 items-center gap-1 sm:max-w-md">
        <span className="relative min-w-0 flex-1">
          <Search size={14} aria-hidden="true" className="pointer-events-none absolute left-2.5 top-1/2 -translate-y-1/2 text-muted" />
          <input
            type="search" data-search aria-label="Words of the output" aria-keyshortcuts="/" placeholder="Search in the output" className="control w-full !pl-8" value={search.text}
            onChange={event => search.type(event.target.value)}
            onKeyDown={event => {
              if (event.key === 'Enter') search.step(event.shiftKey ? -1 : 1)
              else if (event.key === 'Escape' && search.text === '') event.currentTarget.blur()
            }}
          />
        </span>
        <Button look="quiet" icon={ChevronUp} aria-label="The one before" whyNot={none} onClick={() => search.step(-1)} />
        <Button look="quiet" icon={ChevronDown} aria-label="The next one" whyNot={none} onClick={() => search.step(1)} />
        <span role="status" className="min-w-16 whitespace-nowrap text-muted">{search.text.trim() !== '' && (search.found.length === 0 ? 'not found' : `${search.place} of ${search.found.length.toLocaleString('en-US')}`)}</span>
      </search>
      <span className="ml-auto flex items-center gap-3">
        <span className={`inline-flex items-center gap-1.5 font-medium ${TONE_TEXT[tone]}`}><Icon size={14} aria-hidden="true" /> {word}</span>
        <span className="text-muted">{lines.toLocaleString('en-US')} {lines === 1 ? 'line' : 'lines'}</span>
        <Button icon={Download} whyNot={lines === 0 ? 'There is nothing yet.' : null} onClick={onDownload}>Text</Button>
      </span>
    </div>
  )
}

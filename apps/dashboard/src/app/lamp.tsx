import { CloudOff, Radio, RefreshCw, type LucideIcon } from 'lucide-react'
import { useConnection, type Connection } from '../graphql/connection.ts'
import { useLocalNow } from '../ui/clock.ts'
import { formatDuration, formatTicking } from '../ui/duration.ts'
import { TONE_TEXT, type Tone } from '../ui/tone.ts'

/** Behind by more than this, what is shown is not called live. */
const LAG_MS = 2000

/** Says whether what is shown is live, catching up, or old, and how old. */
export function Lamp() {
  const { icon: Icon, tone, word, more, note } = lampOf(useConnection(), useLocalNow())
  return (
    <span role="status" className={`inline-flex items-center gap-1.5 whitespace-nowrap font-medium ${TONE_TEXT[tone]}`} title={note}>
      <Icon size={15} aria-hidden="true" />
      <span>{word}{more && <span className="sr-only sm:not-sr-only">{more}</span>}</span>
    </span>
  )
}

interface Face { icon: LucideIcon; tone: Tone; word: string; more?: string; note: string }

/** What the lamp shows. Never live while the socket is down. */
export const lampOf = ({ state, heardAt, lagMs }: Connection, now: number): Face => {
  const age = heardAt === null ? null : formatTicking(now - heardAt)
  if (state === 'connecting') return { icon: RefreshCw, tone: 'idle', word: 'Connecting', note: 'The socket is being opened.' }
  if (state === 'closed') {
    return { icon: CloudOff, tone: 'bad', word: 'Disconnected', more: age === null ? '' : `, data ${age} old`, note: 'The socket is down; the page tries to open it again.' }
  }
  if (lagMs !== null && lagMs > LAG_MS) return { icon: RefreshCw, tone: 'attention', word: 'Catching up', more: `, ${formatDuration(lagMs)} behind`, note: 'The feed of changes is behind the rows.' }
  return { icon: Radio, tone: 'good', word: 'Live', note: `Last heard ${age ?? '0s'} ago.` }
}

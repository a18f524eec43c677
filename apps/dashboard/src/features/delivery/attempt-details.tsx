import { ATTEMPT_LIMITS, type Json } from '@sluice/protocol'
import type { ReactNode } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { formatDuration } from '../../ui/duration.ts'
import { Fact } from '../../ui/figure.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { formatInstant } from '../../ui/time.tsx'
import { outcomeOf } from './attempt-outcome.ts'

export const AttemptDetails_Attempt = graphql(`
  fragment AttemptDetails_Attempt on DeliveryAttempt {
    n startedAt endedAt durationMs address requestHeaders statusCode errorClass responseHeaders responseExcerpt retryAfterMs
  }
`)

type Attempt = ResultOf<typeof AttemptDetails_Attempt>

/** One attempt whole: what was sent, what came back or why nothing did. */
export function AttemptDetails({ attempt: masked, n }: { attempt: FragmentOf<typeof AttemptDetails_Attempt>; n: number }) {
  const attempt = readFragment(AttemptDetails_Attempt, masked)
  return (
    <section aria-label={`Attempt ${n}`} className="grid gap-4 border-t border-line p-3 lg:grid-cols-2">
      <Side title={`What attempt ${n} sent`}>
        <dl className="m-0">
          <Fact name="Started">{formatInstant(attempt.startedAt)}</Fact>
          <Fact name="Connected to">{attempt.address === null ? <span className="text-muted">no connection was made</span> : <code className="font-mono">{attempt.address}</code>}</Fact>
        </dl>
        <Headers label="Request headers" headers={attempt.requestHeaders} none="Nothing was sent." />
      </Side>
      <Side title="What came back">
        <dl className="m-0">
          <Fact name="Outcome"><span className="flex flex-wrap items-baseline gap-x-3"><LookBadge look={outcomeOf(attempt)} /><span className="text-muted">{outcomeOf(attempt).sentence}</span></span></Fact>
          {attempt.errorClass !== null && attempt.statusCode !== null && <Fact name="Status">{attempt.statusCode}, and then no whole answer</Fact>}
          <Fact name="Took">{attempt.endedAt === null ? <span className="text-muted">still under way</span> : formatDuration(attempt.durationMs)}</Fact>
          {attempt.retryAfterMs !== null && <Fact name="Retry-After">It asked to wait {formatDuration(attempt.retryAfterMs)}.</Fact>}
        </dl>
        <Headers label="Response headers" headers={attempt.responseHeaders} none="None came." />
        <Excerpt text={attempt.responseExcerpt} />
      </Side>
    </section>
  )
}

function Side({ title, children }: { title: string; children: ReactNode }) {
  return <div className="flex min-w-0 flex-col gap-2"><h3 className="m-0 font-semibold">{title}</h3>{children}</div>
}

const entriesOf = (headers: Json): [string, string][] =>
  typeof headers === 'object' && headers !== null && !Array.isArray(headers) ? Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]) : []

function Headers({ label, headers, none }: { label: string; headers: Json; none: string }) {
  const entries = entriesOf(headers)
  if (entries.length === 0) return <p className="text-muted">{label}: {none.toLowerCase()}</p>
  return (
    <Box label={label} text={entries.map(([name, value]) => `${name}: ${value}`).join('\n')}>
      {entries.map(([name, value]) => <span key={name} className="block pl-4 -indent-4"><span className="text-muted">{name}:</span> {value}</span>)}
    </Box>
  )
}

/** The server keeps so much and no more, so that what is as long was most likely cut. */
const isCut = (text: string) => new TextEncoder().encode(text).length >= ATTEMPT_LIMITS.bodyMaxBytes - 3

function Excerpt({ text }: { text: Attempt['responseExcerpt'] }) {
  if (text === null || text === '') return <p className="text-muted">Body: {text === null ? 'none came.' : 'empty.'}</p>
  return (
    <>
      <Box label="Response body" text={text}>{text}</Box>
      {isCut(text) && <p className="text-[0.93rem] text-muted">Cut: of an answer, the first {ATTEMPT_LIMITS.bodyMaxBytes / 1024} KiB are kept.</p>}
    </>
  )
}

function Box({ label, text, children }: { label: string; text: string; children: ReactNode }) {
  return (
    <div>
      <div className="flex items-center justify-between"><span className="text-[0.93rem] text-muted">{label}</span><CopyButton text={text} label={label.toLowerCase()} /></div>
      <pre role="region" aria-label={label} tabIndex={0} className="max-h-72 overflow-auto whitespace-pre-wrap break-words rounded-md border border-line bg-sunken p-2 font-mono text-[0.9rem] leading-relaxed">{children}</pre>
    </div>
  )
}

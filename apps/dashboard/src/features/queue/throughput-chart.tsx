import type { ReactNode } from 'react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { ColumnChart } from '../../ui/column-chart.tsx'
import { TONE_FILL } from '../../ui/tone.ts'

export const ThroughputChart_ThroughputPoint = graphql(`
  fragment ThroughputChart_ThroughputPoint on ThroughputPoint { at depth queued started finished failed }
`)

const minute = (at: string) => new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })

/** Finished and failed per minute of the last hour. failedAddress: where those that failed are listed. */
export function ThroughputChart({ points: masked, failedAddress }: { points: readonly FragmentOf<typeof ThroughputChart_ThroughputPoint>[]; failedAddress: string }) {
  const points = masked.map(point => readFragment(ThroughputChart_ThroughputPoint, point))
  const sum = (pick: (point: (typeof points)[number]) => number) => points.reduce((total, point) => total + pick(point), 0)
  const finished = sum(point => point.finished)
  const failed = sum(point => point.failed)
  return (
    <figure className="m-0 flex min-w-0 flex-col gap-1">
      <figcaption className="flex flex-wrap gap-x-4 text-[0.86rem] text-muted">
        <span>Last hour</span>
        <Key tone="good" text={`${finished} finished`} />
        <Key tone="bad" text={<a href={failedAddress} className="text-inherit" title="List those that failed">{failed} failed</a>} />
      </figcaption>
      <ColumnChart
        summary={`Last hour, per minute: ${finished} finished, ${failed} failed`}
        titles={points.map(point => `${minute(point.at)}: ${point.finished} finished, ${point.failed} failed, ${point.depth} queued`)}
        series={[
          { name: 'finished', tone: 'good', values: points.map(point => point.finished) },
          { name: 'failed', tone: 'bad', values: points.map(point => point.failed) },
        ]}
      />
    </figure>
  )
}

function Key({ tone, text }: { tone: 'good' | 'bad'; text: ReactNode }) {
  return <span className="inline-flex items-center gap-1.5"><span className={`size-2.5 rounded-sm ${TONE_FILL[tone]}`} aria-hidden="true" />{text}</span>
}

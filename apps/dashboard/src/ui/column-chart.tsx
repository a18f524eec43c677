import { TONE_TEXT, type Tone } from './tone.ts'

/** One series: its name, its tone, and a value per column. Series are stacked in the given order. */
export interface Series { name: string; tone: Tone; values: number[] }

const HEIGHT = 48
const STEP = 5

/** Small stacked columns with the figures in a sentence for those who cannot see them. titles has one text per column. */
export function ColumnChart({ series, titles, summary }: { series: Series[]; titles: string[]; summary: string }) {
  const totals = titles.map((_, at) => series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0))
  const top = Math.max(1, ...totals)
  return (
    <svg role="img" aria-label={summary} viewBox={`0 0 ${titles.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" className="block h-12 w-full">
      <line x1="0" x2={titles.length * STEP} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} stroke="var(--line)" vectorEffect="non-scaling-stroke" />
      {titles.map((title, at) => (
        <g key={title}>
          <title>{title}</title>
          <rect x={at * STEP} width={STEP} height={HEIGHT} fill="transparent" />
          <Column at={at} scale={(HEIGHT - 2) / top} series={series} />
        </g>
      ))}
    </svg>
  )
}

function Column({ at, scale, series }: { at: number; scale: number; series: Series[] }) {
  let y = HEIGHT
  return series.map(one => {
    const height = (one.values[at] ?? 0) * scale
    y -= height
    return height > 0 && <rect key={one.name} x={at * STEP + 0.5} width={STEP - 1} y={y} height={height} fill="currentColor" className={TONE_TEXT[one.tone]} />
  })
}

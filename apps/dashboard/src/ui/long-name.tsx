const TAIL = 8
const LONG = 18

/** A name that keeps its end when there is no room: names of many things often differ only there. */
export function LongName({ name }: { name: string }) {
  if (name.length <= LONG) return <span className="min-w-0 truncate" title={name}>{name}</span>
  return (
    <span className="flex min-w-0" title={name}>
      <span className="min-w-0 truncate whitespace-pre">{name.slice(0, -TAIL)}</span><span className="shrink-0 whitespace-pre">{name.slice(-TAIL)}</span>
    </span>
  )
}

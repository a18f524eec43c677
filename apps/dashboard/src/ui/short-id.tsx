import { CopyButton } from './copy-button.tsx'

/** The head and the tail of an id: flow_01k9…x7q2. Ids of up to 18 characters stay whole. */
export const shortenId = (id: string) => (id.length <= 18 ? id : `${id.slice(0, 9)}…${id.slice(-6)}`)

/** An id shortened in the middle, copied whole. */
export function ShortId({ id, label = 'id' }: { id: string; label?: string }) {
  return (
    <span className="inline-flex items-center gap-0.5 whitespace-nowrap font-mono text-[0.93rem]">
      <span title={id}>{shortenId(id)}</span>
      <CopyButton text={id} label={label} />
    </span>
  )
}

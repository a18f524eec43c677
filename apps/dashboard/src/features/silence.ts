/** A worker is called silent after this part of its time: with the usual settings, two heartbeats. */
const SILENT_PART = 2 / 3

/** How long somebody was not heard, in ms, when that is too long; else null. expiresAt: when it counts as lost. readAt: the server's time of the reading. */
export const silenceBetween = ({ heardAt, expiresAt, readAt }: { heardAt: string; expiresAt: string; readAt: string }): number | null => {
  const silence = Date.parse(readAt) - Date.parse(heardAt)
  return silence > 0 && silence > (Date.parse(expiresAt) - Date.parse(heardAt)) * SILENT_PART ? silence : null
}

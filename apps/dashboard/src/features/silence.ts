/** How long a worker was not heard, in ms, when that is more than two of its heartbeats; else null. readAt: the server's time of the reading, so that an old page accuses nobody. */
export const silenceOf = ({ heartbeatAt, heartbeatMs }: { heartbeatAt: string; heartbeatMs: number }, readAt: string): number | null => {
  const silence = Date.parse(readAt) - Date.parse(heartbeatAt)
  return silence > 2 * heartbeatMs ? silence : null
}

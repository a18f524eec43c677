/** What no backup holds and a restored server needs: the files of the data folder, or the knobs in their place. */
export const KEYS_TO_KEEP =
  '`data-encryption-key`, `webhook-secret` and `waitpoint-hmac-secret` of its data folder, or DATA_ENCRYPTION_KEY, FLOW_WEBHOOK_SECRET and WAITPOINT_HMAC_SECRET'

/** Settings are no keys, but are as easily forgotten. */
export const SETTINGS_TO_KEEP = 'its settings (.env or what else sets its environment, runner.json)'

/** After a backup, a line each. */
export const KEPT_ELSEWHERE = [
  `Keys are not in it. Keep those of this server in another safe place: ${KEYS_TO_KEEP}; and ${SETTINGS_TO_KEEP}.`,
  'Without the first nobody can read the addresses and secrets of webhooks in it, and without the first or the last the links with which waits are answered end.',
]

/** After a restore. */
export const GIVEN_FIRST = `Keys are not in the file: before you start, give this server those of the one before, ${KEYS_TO_KEEP}; and ${SETTINGS_TO_KEEP}.`

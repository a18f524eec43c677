/** The count ledger as one set of (lane, kind, word, count): what is folded and what is not yet, so it is exact at every commit (D-40). */
export const COUNTED = `
  (SELECT lane, kind, word, count FROM flow_count_total UNION ALL SELECT lane, kind, word, delta AS count FROM flow_count_ledger)`

/** The same by minute, from a bound on: both sides are range reads. */
export const countedSince = (from: string): string => `
  (SELECT minute, lane, kind, word, count FROM flow_count_minute WHERE minute >= ${from}
   UNION ALL SELECT minute, lane, kind, word, delta AS count FROM flow_count_ledger WHERE minute >= ${from})`

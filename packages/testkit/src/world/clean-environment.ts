const KEPT = /^(PATH|HOME|USER|LANG|LC_.*|TMPDIR|TEMP|TMP|SystemRoot|npm_execpath|CI)$/

/** What a started program needs of ours, and the knobs given: a developer's own knobs and database must not reach a test. */
export function cleanEnvironment(knobs: Record<string, string>): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name))
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ''])), ...knobs }
}

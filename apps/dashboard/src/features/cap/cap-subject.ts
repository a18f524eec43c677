/** What a cap counts: all lanes, one lane, or what one principal owns. */
export type CapSubject = { scope: 'GLOBAL' } | { scope: 'LANE'; lane: string } | { scope: 'PRINCIPAL'; id: string; name: string }

/** The head of a sentence about the cap. */
export const subjectWords = (subject: CapSubject): string => {
  if (subject.scope === 'GLOBAL') return 'all lanes'
  return subject.scope === 'LANE' ? `lane ${subject.lane}` : subject.name
}

/** The subject as setCap takes it. */
export const subjectInput = (subject: CapSubject): { lane: string | null; principalId: string | null } => ({
  lane: subject.scope === 'LANE' ? subject.lane : null, principalId: subject.scope === 'PRINCIPAL' ? subject.id : null,
})

/** Why a text is no cap; null = it is one. */
export const wrongCap = (text: string): string | null => (/^\d+$/.test(text.trim()) && Number(text) <= 1_000_000 ? null : 'A whole number up to 1,000,000; 0 = no cap.')

/** What a colour may mean. Never alone: a tone always comes with an icon and a word. */
export type Tone = 'idle' | 'busy' | 'attention' | 'good' | 'bad' | 'ended'

export const TONE_TEXT: Record<Tone, string> = {
  idle: 'text-idle', busy: 'text-busy', attention: 'text-attention', good: 'text-good', bad: 'text-bad', ended: 'text-ended',
}

export const TONE_FILL: Record<Tone, string> = {
  idle: 'bg-idle', busy: 'bg-busy', attention: 'bg-attention', good: 'bg-good', bad: 'bg-bad', ended: 'bg-ended',
}

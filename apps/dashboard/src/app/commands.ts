/** One line of the palette. note stands at its right: a key, a kind, an id. */
export interface Command { name: string; note: string; run(): void }

const SHOWN = 12

/** The commands that hold every typed word; a whole flow id also opens a flow that is not listed. */
export const matchingCommands = (commands: Command[], text: string, openFlow: (id: string) => () => void): Command[] => {
  const typed = text.trim()
  const words = typed.toLowerCase().split(/\s+/)
  const found = commands.filter(({ name, note }) => words.every(word => `${name} ${note}`.toLowerCase().includes(word))).slice(0, SHOWN)
  if (!/^flow_\w+$/.test(typed) || found.some(command => command.note === typed)) return found
  return [{ name: 'Open the flow', note: typed, run: openFlow(typed) }, ...found]
}

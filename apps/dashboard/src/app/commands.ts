/** One line of the palette. note stands at its right: a key, a kind, an id. id: of the flow that it opens. */
export interface Command { name: string; note: string; id?: string; run(): void }

const SHOWN = 12

/** The head of an id, or a piece of one: without that, short words would be found in every id by chance. */
const ID_LIKE = /^(?:(?:flow|dlv)_\w*|(?=\w*\d)[0-9a-z]{5,})$/

/** The commands that hold every typed word, those with it in their name first, then by id if one was typed; a whole id also opens what is not listed. */
export const matchingCommands = (commands: Command[], text: string, openId: (id: string) => Command | null): Command[] => {
  const typed = text.trim()
  const words = typed.toLowerCase().split(/\s+/)
  const holds = (text: string) => words.every(word => text.toLowerCase().includes(word))
  const named = commands.filter(({ name }) => holds(name))
  const noted = commands.filter(({ name, note, id }) => id === undefined && !holds(name) && holds(`${name} ${note}`))
  const byId = ID_LIKE.test(typed.toLowerCase()) ? commands.filter(({ name, id }) => id !== undefined && !holds(name) && holds(id)) : []
  const found = [...named, ...noted, ...byId].slice(0, SHOWN)
  const opened = /^[a-z]+_\w+$/.test(typed) && !found.some(command => command.id === typed) ? openId(typed) : null
  return opened === null ? found : [opened, ...found]
}

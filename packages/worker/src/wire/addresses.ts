/** Where control planes of one database are reached. Each of them serves everything, so whoever answers is as good as the one before. */
export interface Addresses {
  /** Whom to ask now. */
  current(): URL
  /** `silent` gave no answer: the next one in the list is asked from now on, unless somebody found that out already. */
  leave(silent: URL): void
}

/** `list`: addresses separated by commas. The first is asked first. */
export function createAddresses(list: string): Addresses {
  const urls = splitAddresses(list).map(address => new URL(address))
  let at = 0
  const current = () => urls[at] as URL
  return {
    current,
    leave: silent => {
      if (silent === current()) at = (at + 1) % urls.length
    },
  }
}

export const splitAddresses = (list: string): string[] => list.split(',').map(address => address.trim())

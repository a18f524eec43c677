/** Whether a list of a filter lets the word through. An empty list filters nothing, as in lists. */
export const among = <Word>(words: readonly Word[] | null | undefined, word: Word): boolean => !words?.length || words.includes(word)

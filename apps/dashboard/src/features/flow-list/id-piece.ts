const LETTERS = '[0-9a-hjkmnp-tv-z]'
const SHORTENED = new RegExp(`^(?:flow_)?${LETTERS}*(?:…|\\.{2,3})${LETTERS}*$`)
const TAIL = new RegExp(`^(?=.*\\d)${LETTERS}{4,26}$`)

/** Whether a search looks like an id as the pages shorten it, or like one without its beginning: ids are not found by those. */
export const looksLikePieceOfId = (text: string | undefined): boolean => {
  const word = (text ?? '').trim().toLowerCase()
  return SHORTENED.test(word) || TAIL.test(word)
}

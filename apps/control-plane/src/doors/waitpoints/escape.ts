/** Text for HTML, in an element or in an attribute within quotes. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)

/** A text that nobody else has. randomUUID is for secure contexts only, and a control plane in a house may be plain http. */
export const freshKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')

export const SECRET = Buffer.alloc(32, 5)
export const spelled = (secret: Buffer): string => `whsec_${secret.toString('base64')}`

/**
 * A certificate authority for one test: X.509 version 3 as DER, over keys and signatures of node:crypto, which can read certificates but not make them.
 * Only what a TLS client looks at is in them.
 */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

export interface Issued { key: string; cert: string }

export interface Authority {
  /** To be trusted. */
  cert: string
  /** For one name, good from a day ago for so many days; a negative number: over since then. */
  issue(name: string, o?: { days: number }): Issued
}

const DAY_MS = 86_400_000

export function certificateAuthority(name: string): Authority {
  const [own, { publicKey, privateKey }] = [nameOf(name), pair()]
  // basicConstraints: it is an authority.
  const cert = certificate({ subject: own, issuer: own, publicKey, signedBy: privateKey, days: 1, extension: extension([2, 5, 29, 19], sequence(tagged(0x01, [0xff]))) })
  return {
    cert: pem('CERTIFICATE', cert),
    issue: (host, { days } = { days: 1 }) => {
      const its = pair()
      const issued = certificate({ subject: nameOf(host), issuer: own, publicKey: its.publicKey, signedBy: privateKey, days, extension: extension([2, 5, 29, 17], sequence(tagged(0x82, Buffer.from(host)))) })
      return { key: its.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, cert: pem('CERTIFICATE', issued) }
    },
  }
}

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

interface Certificate { subject: Buffer; issuer: Buffer; publicKey: KeyObject; signedBy: KeyObject; days: number; extension: Buffer }

function certificate({ subject, issuer, publicKey, signedBy, days, extension: one }: Certificate): Buffer {
  const until = Date.now() + days * DAY_MS
  const validity = sequence(time(Math.min(Date.now(), until) - DAY_MS), time(until))
  const serial = tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)]))
  const body = sequence(tagged(0xa0, tagged(0x02, [2])), serial, ECDSA_SHA256, issuer, validity, subject, publicKey.export({ type: 'spki', format: 'der' }), tagged(0xa3, sequence(one)))
  return sequence(body, ECDSA_SHA256, bits(sign('sha256', body, signedBy)))
}

/** Tag, length, content. */
function tagged(tag: number, content: Buffer | number[]): Buffer {
  const bytes = Buffer.from(content)
  const length = bytes.length < 0x80 ? [bytes.length] : [0x82, bytes.length >> 8, bytes.length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), bytes])
}

const sequence = (...parts: Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts))
const bits = (content: Buffer): Buffer => tagged(0x03, Buffer.concat([Buffer.of(0), content]))
const time = (at: number): Buffer => tagged(0x17, Buffer.from(`${new Date(at).toISOString().replace(/^..|[-:T]|\..*$/g, '')}Z`))
/** Its parts, each in groups of seven bits. */
const objectId = ([one = 0, two = 0, ...rest]: number[]): Buffer => tagged(0x06, [one * 40 + two, ...rest.flatMap(inSevens)])
const inSevens = (part: number): number[] => (part < 0x80 ? [part] : [...inSevens(part >> 7).map(each => each | 0x80), part & 0x7f])
/** A common name. */
const nameOf = (text: string): Buffer => sequence(tagged(0x31, sequence(objectId([2, 5, 4, 3]), tagged(0x0c, Buffer.from(text)))))
const extension = (id: number[], value: Buffer): Buffer => sequence(objectId(id), tagged(0x04, value))
const ECDSA_SHA256 = sequence(objectId([1, 2, 840, 10045, 4, 3, 2]))
const pem = (label: string, der: Buffer): string => `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`

import { createServer } from 'node:net'
import { Refused } from './refused.ts'

/**
 * Whether we may listen there, asked before anything is started. Returns the port, chosen when it was 0.
 * Refuses with the knob's name; no other port is picked silently.
 */
export function requireFreePort(o: { host: string; port: number }): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => fail(new Refused(sentence(o, error))))
    probe.listen(o.port, o.host, () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : o.port))
    })
  })
}

function sentence({ host, port }: { host: string; port: number }, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `Port ${port} on ${host} is taken by another program: stop that one, or choose another port with PORT.`
  if (error.code === 'EACCES') return `This user may not listen on port ${port}: choose a port above 1023 with PORT.`
  return `It is not possible to listen on ${host} (${error.code ?? error.message}): choose another address with HOST.`
}

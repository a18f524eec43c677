import { createServer } from 'node:net'

/** A port that was free a moment ago. Not 0: a server that is started again must come back where its clients look for it. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}

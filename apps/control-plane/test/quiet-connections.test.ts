import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { quietConnections } from '../src/doors/quiet-connections.ts'

test('a stop ends connections that never asked and those that were answered, and lets what is being answered finish', async () => {
  const held: ServerResponse[] = []
  const server = createServer((request, response) => (request.url === '/slow' ? void held.push(response) : response.end('at once')))
  const quiet = quietConnections(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const open = async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(socket, 'connect')
    return { socket, closed: once(socket.resume(), 'close') }
  }
  const [silent, answered, waiting] = [await open(), await open(), await open()]
  const said = once(answered.socket, 'data')
  answered.socket.write('GET /fast HTTP/1.1\r\nhost: x\r\n\r\n')
  await said
  const asked = once(server, 'request')
  waiting.socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n')
  await asked
  const closed = once(server.close(), 'close')
  const repeated = setInterval(quiet.end, 5)
  await Promise.all([silent.closed, answered.closed])
  const answer = once(waiting.socket, 'data')
  held[0]?.end('late')
  expect(String(await answer)).toContain('200 OK')
  await Promise.all([waiting.closed, closed])
  clearInterval(repeated)
})

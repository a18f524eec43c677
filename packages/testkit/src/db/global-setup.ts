import type { TestProject } from 'vitest/node'
import { startTestServer, type TestServer } from './template.ts'

declare module 'vitest' {
  interface ProvidedContext {
    sluiceTestServer: TestServer
  }
}

type Running = Awaited<ReturnType<typeof startTestServer>>

/** Several projects in one run share one server: it is kept on the process and ends with the last of them. */
const shared = globalThis as typeof globalThis & { sluiceTestServer?: { users: number; running: Promise<Running> } }

/** vitest's global set-up: gives test files what `cloneDatabase` needs. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.sluiceTestServer ??= { users: 0, running: startTestServer() }
  shared.sluiceTestServer.users += 1
  const { templateUrl } = await shared.sluiceTestServer.running
  project.provide('sluiceTestServer', { templateUrl })
  return teardown
}

async function teardown(): Promise<void> {
  const server = shared.sluiceTestServer
  if (server === undefined) return
  server.users -= 1
  if (server.users > 0) return
  delete shared.sluiceTestServer
  await (await server.running).stop()
}

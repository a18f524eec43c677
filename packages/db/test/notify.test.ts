import { cloneDatabase, eventually, type Clone } from '@sluice/testkit/db'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openNotify, type Notify } from '../src/notify.ts'

let clone: Clone
const open: Notify[] = []

beforeAll(async () => {
  clone = await cloneDatabase()
})
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})
afterAll(() => clone.drop())

const connect = async (channel = 'wake'): Promise<{ notify: Notify; heard: string[] }> => {
  const notify = await openNotify({ url: clone.url, channel, log: () => undefined })
  open.push(notify)
  const heard: string[] = []
  notify.onMessage(payload => heard.push(payload))
  return { notify, heard }
}

test('what one sends all on the channel hear, and nobody else', async () => {
  const [one, two, other] = [await connect(), await connect(), await connect('other')]
  await one.notify.send('news')
  await eventually(() => one.heard.length === 1 && two.heard.length === 1)
  expect([one.heard, two.heard, other.heard]).toEqual([['news'], ['news'], []])
})

test('a payload of 7999 bytes is delivered and one of 8000 is refused', async () => {
  const { notify, heard } = await connect()
  await notify.send('é'.repeat(3999) + 'x')
  await eventually(() => heard.length === 1)
  await expect(notify.send('é'.repeat(4000))).rejects.toThrow('at most 7999 bytes')
})

test('after a lost connection it listens again and says so, because messages were missed', async () => {
  const { notify, heard } = await connect()
  let reconnects = 0
  notify.onReconnect(() => (reconnects += 1))
  await admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice wake' AND datname = current_database()`)
  await eventually(() => reconnects === 1)
  await notify.send('again')
  await eventually(() => heard.includes('again'))
})

test('a listener that was taken off hears nothing more', async () => {
  const { notify, heard } = await connect()
  const extra: string[] = []
  notify.onMessage(payload => extra.push(payload))()
  await notify.send('news')
  await eventually(() => heard.length === 1)
  expect(extra).toEqual([])
})

test('closing during the reconnecting ends it, and leaves no connection', async () => {
  const { notify } = await connect('brief')
  await admin(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice brief' AND datname = current_database()`)
  await notify.close()
  await eventually(async () => (await admin(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'sluice brief' AND datname = current_database()`)) === 0)
})

async function admin(statement: string): Promise<number | null> {
  const client = new pg.Client({ connectionString: clone.url })
  await client.connect()
  try {
    return (await client.query(statement)).rowCount
  } finally {
    await client.end()
  }
}

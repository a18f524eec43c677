// JSON-RPC, one message per line: Prisma's command line asks on our stdin, and we may ask it to print.
import readline from 'node:readline'

/** Answers until stdin closes, one request after the other, as the engine is one connection. */
export async function answerRequests(openEngine) {
  const printing = new Map()
  let queue = Promise.resolve()
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const message = JSON.parse(line)
    if (message.method === undefined) printing.get(message.id)?.()
    else queue = queue.then(() => answer(message, { openEngine, print: text => print(text, printing) }))
  }
  await queue
  process.exit(0)
}

async function answer({ id, method, params }, o) {
  try {
    send({ id, result: await call(await o.openEngine(), { method, params, print: o.print }) })
  } catch (error) {
    const data = { is_panic: false, message: String(error?.message ?? error), error_code: error?.code ?? null, meta: null }
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } })
  }
}

async function call(engine, { method, params, print }) {
  if (method === 'getDatabaseVersion') return engine.version(null)
  if (method === 'introspectSql') throw new Error('TypedSQL introspection is not available in this schema engine.')
  if (method !== 'diff') return (await engine[method](params)) ?? {}
  const { exitCode, stdout } = await engine.diff({ exitCode: null, filters: { externalTables: [], externalEnums: [] }, ...params })
  if (stdout != null) await print(stdout.replace(/\n$/, ''))
  return { exitCode, stdout: null }
}

let printed = 0

/** Resolves when the command line says that it has printed. */
function print(content, printing) {
  return new Promise(done => {
    const id = `print-${(printed += 1)}`
    printing.set(id, done)
    send({ id, method: 'print', params: { content } })
  })
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

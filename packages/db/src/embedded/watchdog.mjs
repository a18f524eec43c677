// Ends PostgreSQL when the process that started it is gone, however it went: our stdin is a pipe it holds, and the system closes it.
// Plain JavaScript, because it runs as a process of its own from source and from the bundle alike.
// Arguments: the data folder, the pid of PostgreSQL, and optionally a folder to remove afterwards.
import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'

const [, , dataDir, pidText, removeDir] = process.argv
const pid = Number(pidText)

// A Ctrl-C in a terminal reaches every process of it; the order of the end is the supervisor's to decide.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {})
process.stdin.resume().once('close', () => void end())

async function end() {
  if (!(await goneAfter('SIGINT', 10_000)) && !(await goneAfter('SIGQUIT', 5_000))) await goneAfter('SIGKILL', 2_000)
  if (removeDir) rmSync(removeDir, { recursive: true, force: true, maxRetries: 5 })
  process.exit(0)
}

async function goneAfter(signal, withinMs) {
  if (!runs()) return true
  try {
    process.kill(pid, signal)
  } catch {
    return true
  }
  for (const until = Date.now() + withinMs; Date.now() < until;) {
    if (!runs()) return true
    await new Promise((done) => setTimeout(done, 20))
  }
  return false
}

/** PostgreSQL removes this file as the last thing it does; another pid in it is not ours to signal. */
function runs() {
  try {
    process.kill(pid, 0)
    return Number(readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]) === pid
  } catch {
    return false
  }
}

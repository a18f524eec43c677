import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cleanEnvironment } from './clean-environment.ts'
import { until } from './until.ts'

export type Logged = Record<string, unknown> & { event?: string }

/** One control plane in a process of its own, always at the same address. */
export interface ControlPlane {
  url: string
  /** Every fact it logged so far, over all its lives; with a name, those of that name. */
  logged(event?: string): Logged[]
  isRunning(): boolean
  /** Resolves when it serves; fails with what it printed when it ends instead. */
  start(): Promise<void>
  /** Ends it by a signal, default kill -9, and resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Resolves with what it printed when it has ended by itself. */
  ended(): Promise<string>
}

export interface ControlPlaneOptions {
  /** The JavaScript file. */
  program: string
  port: number
  env: Record<string, string>
  readyWithinMs: number
}

export function controlPlaneProcess(o: ControlPlaneOptions): ControlPlane {
  let child: ChildProcess | null = null
  let printed = ''
  let life = 0
  const isRunning = (): boolean => child !== null && child.exitCode === null && child.signalCode === null
  const logged = (event?: string): Logged[] => printed.split('\n').flatMap(parsed).filter(line => event === undefined || line.event === event)

  const launch = (): void => {
    life = printed.length
    // The channel closes with us, and a control plane ends when it does.
    child = spawn(process.execPath, ['--enable-source-maps', o.program], {
      env: cleanEnvironment({ HOST: '127.0.0.1', PORT: String(o.port), ...o.env }), stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const keep = (chunk: Buffer): void => { printed += chunk.toString() }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
  }
  const serves = (): boolean => /"event":"(started|listening)"/.test(printed.slice(life))
  return {
    url: `http://127.0.0.1:${o.port}`,
    logged,
    isRunning,
    start: async () => {
      if (!isRunning()) launch()
      await until(() => {
        if (!isRunning()) throw new Error(`the control plane ended:\n${printed.slice(life)}`)
        return serves()
      }, { withinMs: o.readyWithinMs, what: () => `the control plane to serve; it printed:\n${printed.slice(life)}` })
    },
    kill: async (signal = 'SIGKILL') => {
      if (child === null || !isRunning()) return
      const gone = once(child, 'exit')
      child.kill(signal)
      await gone
    },
    ended: async () => {
      if (child === null) launch()
      if (child !== null && isRunning()) await once(child, 'exit')
      return printed.slice(life)
    },
  }
}

function parsed(line: string): Logged[] {
  if (!line.startsWith('{')) return []
  try {
    return [JSON.parse(line) as Logged]
  } catch {
    return []
  }
}

/** A kind that is a command to run: what it is in the table, and the handler that the worker gets for it. */
import type { Json } from '@sluice/protocol'
import { fail, Interruption, type Kind, type KindDefaults } from '@sluice/worker'
import { EXIT_BAD_INPUT } from './exit-codes.ts'
import { runCommand, type CommandEnd } from './run-command.ts'

export interface CommandKind {
  title: string
  /** Program and arguments; no shell. */
  command: readonly string[]
  /** Absolute. */
  cwd: string
  /** Added to what every command gets (PATH, HOME, LANG …). */
  env?: Record<string, string>
  inputSchema: Json
  defaults?: KindDefaults
}

/** A runner that shuts down has used up its grace already. */
const SHUTDOWN_KILL_MS = 3_000

export function toKind(spec: CommandKind, o: { env: Record<string, string>; cancelGraceMs: number }): Kind {
  const killAfterMs = (reason: unknown) => {
    const half = o.cancelGraceMs / 2
    return reason instanceof Interruption && reason.reason === 'shutdown' ? Math.min(half, SHUTDOWN_KILL_MS) : half
  }
  return {
    title: spec.title,
    inputSchema: spec.inputSchema,
    ...(spec.defaults && { defaults: spec.defaults }),
    handler: async ({ flow, signal, progress }) => {
      const end = await runCommand({
        argv: spec.command, cwd: spec.cwd, env: { ...o.env, ...spec.env }, input: flow.input, signal, killAfterMs, onProgress: progress,
      })
      if (end.exitCode !== 0 && signal.aborted) throw signal.reason
      return outcomeOf(end, flow.kind)
    },
  }
}

function outcomeOf(end: CommandEnd, kind: string) {
  const detail = { exitCode: end.exitCode, signal: end.signal, stderr: end.stderr }
  if (end.unstartable !== null) return fail({ code: 'COMMAND_NOT_STARTED', message: `${kind} could not be started: ${end.unstartable}`, retryable: false })
  if (end.flooded) return fail({ code: 'RESULT_TOO_LARGE', message: `${kind} wrote more than a result may have, and was ended`, retryable: false, detail })
  if (end.exitCode === 0) return jsonOrText(end.stdout)
  const how = end.signal ? `was ended by ${end.signal}` : `exited with code ${end.exitCode}`
  return fail({ code: 'COMMAND_FAILED', message: `${kind} ${how}${lastLine(end.stderr)}`, retryable: end.exitCode !== EXIT_BAD_INPUT, detail })
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}

const lastLine = (stderr: string) => {
  const line = stderr.trimEnd().split('\n').at(-1)?.trim().slice(0, 500)
  return line ? `: ${line}` : ''
}

/** A kind that is a command to run: what the runner's file says of it, and the handler that the worker gets for it. */
import type { Json } from '@sluice/protocol'
import { fail, Interruption, type FlowContext, type Kind, type KindDefaults } from '@sluice/worker'
import { createCountdown } from './countdown.ts'
import { openDoor } from './door.ts'
import { EXIT_BAD_INPUT } from './exit-codes.ts'
import { fillArguments, Misfit } from './placeholders.ts'
import { resultOf, tooLarge } from './result.ts'
import { runCommand, type CommandEnd } from './run-command.ts'
import { BIN } from './this-program.ts'

/** What both sorts of kinds have. */
export interface KindBase {
  title?: string
  /** null = none for a command, a minute for a URL. */
  timeoutMs: number | null
  inputSchema?: Json
  defaults?: KindDefaults
}

export interface CommandKind extends KindBase {
  /** Program and arguments, with placeholders in the arguments; no shell. */
  command: readonly string[]
  /** Absolute. */
  cwd: string
  /** Added to what every command gets (PATH, HOME, LANG …). */
  env: Record<string, string>
}

export interface CommandSurroundings {
  env: Record<string, string>
  cancelGraceMs: number
  /** RESULT_MAX. */
  resultMaxBytes: number
}

/** A runner that shuts down has used up its grace already, and of a lease that was closed another may be running by then. */
const LEAVE_KILL_MS = 3_000
const LEAVES = ['shutdown', 'suspended', 'lease_lost']

export function commandKind(spec: CommandKind, o: CommandSurroundings): Kind {
  const killAfterMs = (reason: unknown) => {
    const half = o.cancelGraceMs / 2
    return reason instanceof Interruption && LEAVES.includes(reason.reason) ? Math.min(half, LEAVE_KILL_MS) : half
  }
  return {
    ...registrationOf(spec),
    handler: async context => {
      const argv = argumentsOf(spec, context.flow.input)
      if (argv instanceof Misfit) return misfit(argv)
      const { flow, signal } = context
      const end = await runWithDoor({ spec, argv, context, o, killAfterMs })
      if (end.exitCode !== 0 && signal.aborted) throw signal.reason
      return outcomeOf(end, { kind: flow.kind, timeoutMs: spec.timeoutMs, maxBytes: o.resultMaxBytes })
    },
  }
}

interface Run { spec: CommandKind; argv: string[]; context: FlowContext; o: CommandSurroundings; killAfterMs(reason: unknown): number }

async function runWithDoor({ spec, argv, context, o, killAfterMs }: Run): Promise<CommandEnd & { isAnswer: boolean }> {
  const { flow, signal, progress, output, traceParent } = context
  const countdown = createCountdown(spec.timeoutMs)
  const door = await openDoor({ ...context, countdown })
  const given: Record<string, string> = { ...o.env, ...door.env, ...spec.env, ...(traceParent !== null && { TRACEPARENT: traceParent }) }
  const env = { ...given, PATH: `${BIN}:${given['PATH'] ?? '/usr/bin:/bin'}`, COMMAND_NODE: process.execPath }
  try {
    const end = await runCommand({
      argv, cwd: spec.cwd, env, input: flow.input, maxBytes: o.resultMaxBytes, countdown, signal, killAfterMs, onProgress: progress,
      onOutput: piece => output.write(piece), onError: line => output.log(line),
    })
    return { ...end, isAnswer: door.isPassedOn(end.exitCode) }
  } finally {
    door.close()
  }
}

/** What the control plane is told. */
export const registrationOf = ({ title, inputSchema, defaults }: KindBase): Omit<Kind, 'handler'> => ({
  ...(title !== undefined && { title }),
  ...(inputSchema !== undefined && { inputSchema }),
  ...(defaults !== undefined && { defaults }),
})

export const misfit = (error: Misfit) => fail({ code: 'INPUT_DOES_NOT_FIT', message: error.message, retryable: false })

function argumentsOf({ command: [program = '', ...rest] }: CommandKind, input: Json): string[] | Misfit {
  try {
    return [program, ...fillArguments(rest, input)]
  } catch (error) {
    if (error instanceof Misfit) return error
    throw error
  }
}

function outcomeOf(end: CommandEnd & { isAnswer: boolean }, { kind, timeoutMs, maxBytes }: { kind: string; timeoutMs: number | null; maxBytes: number }) {
  const detail = { exitCode: end.exitCode, signal: end.signal, stderr: end.stderr }
  if (end.unstartable) return fail({ code: 'COMMAND_NOT_STARTED', message: `${kind} could not be started: ${end.unstartable.why}`, retryable: end.unstartable.retryable })
  if (end.flooded) return tooLarge({ what: kind, maxBytes, detail })
  if (end.timedOut) return fail({ code: 'COMMAND_TIMED_OUT', message: `${kind} did not end within ${timeoutMs} ms, and was ended`, detail })
  if (end.exitCode === 0) return resultOf(end.stdout, { what: kind, maxBytes })
  const how = end.signal ? `was ended by ${end.signal}` : `exited with code ${end.exitCode}`
  return fail({ code: 'COMMAND_FAILED', message: `${kind} ${how}${lastLine(end.stderr)}`, retryable: end.exitCode !== EXIT_BAD_INPUT && !end.isAnswer, detail })
}

const lastLine = (stderr: string) => {
  const line = stderr.trimEnd().split('\n').at(-1)?.trim().slice(0, 500)
  return line ? `: ${line}` : ''
}

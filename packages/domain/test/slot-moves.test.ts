import { expect, test } from 'vitest'
import {
  addArtifact, addInput, cancelQueued, cancelWait, endCancelled, expire, expireWait, fail, failWait, finish, hold, loseStart, markDeleted, pin, promote, receiveSignal, release, releaseWait, removeInput,
  reportStart, requestCancel, requeueUnread, resumeHeld, resumeReleased, retry, setPriority, suspend,
  type FlowFacts, type FlowMove, type MoveName,
} from '../src/index.ts'

const facts = (given: Partial<FlowFacts>): FlowFacts => ({
  id: 'flow_1', kind: 'k', lane: 'default', principalId: 'prn_1', status: 'QUEUED', phase: null, queueClass: 'NEW', waitKind: null, waitMode: null, answerUnread: false, laneKeepsSlot: true, terminalReason: null, priority: 0, epoch: 1,
  currentAttempt: 0, maxAttempts: 3, retriesUsed: 0, lostStarts: 0, onLeaseLost: 'RETRY', slotHeld: false, overCap: false, started: false,
  cancelRequestedBy: null, cancelRequested: false, cancelReason: null, pinned: false, pinnedBy: null, pinForce: false, pinReason: null,
  held: false, heldBy: null, heldReason: null, deleted: false, ...given,
})

const queued = facts({})
const starting = facts({ status: 'RUNNING', phase: 'STARTING', slotHeld: true })
const working = facts({ status: 'RUNNING', phase: 'WORKING', queueClass: null, slotHeld: true, started: true })
const cancelling = facts({ status: 'RUNNING', phase: 'CANCELLING', queueClass: null, slotHeld: true, cancelRequested: true, cancelRequestedBy: 'prn_2' })
const resuming = facts({ status: 'RUNNING', phase: 'STARTING', queueClass: 'RESUME', slotHeld: true, started: true })
const unread = { ...working, answerUnread: true }
const held = facts({ status: 'WAITING', queueClass: null, waitKind: 'APPROVAL', waitMode: 'HELD', slotHeld: true, started: true })
const released = { ...held, waitMode: 'RELEASED' } as const
const frees = <F extends FlowFacts>(flow: F): F => ({ ...flow, laneKeepsSlot: false })
const wait = { waitpoint: 'wpt_1', key: 'ask', kind: 'APPROVAL', prompt: null } as const
const answer = { waitpoint: 'wpt_1', decision: 'approve', by: 'prn_2' }
const ended = facts({ status: 'FINISHED', queueClass: null, terminalReason: 'completed' })
const error = { code: 'X', message: 'x', retryable: true }

/** Every move by its name, pulled on flows it may be pulled on. create is an INSERT and has no constructor. */
const PULLED: Record<Exclude<MoveName, 'create'>, FlowMove[]> = {
  promote: [promote(queued, { workerId: 'wrk_1', workerName: 'w', requestId: 'r', codeVersion: null, ttlMs: 1000, overCap: false })],
  cancelQueued: [cancelQueued(queued, { by: 'prn_1', reason: null })],
  expire: [expire(queued, 'queue_ttl_expired')],
  reportStart: [reportStart(starting)],
  loseStart: [starting, resuming, frees(resuming)].map(flow => loseStart(flow, { byWorker: false, cause: 'start timeout', delayMs: 0, end: 'not_started' })),
  fail: [starting, working].map(flow => fail(flow, { reason: 'error', end: 'failed', call: 'fail', error })),
  retry: [starting, working].map(flow => retry(flow, { cause: 'retry', why: 'failed', delayMs: 1, consumes: true, call: 'fail', error })),
  suspend: [working, frees(working)].flatMap(flow => (['HELD', 'RELEASED'] as const).map(mode => suspend(flow, { ...wait, mode }))),
  resumeHeld: [resumeHeld(held, answer)],
  resumeReleased: [released, { ...released, slotHeld: false }].map(flow => resumeReleased(flow, answer)),
  requeueUnread: [unread, frees(unread)].map(flow => requeueUnread(flow, null)),
  releaseWait: [held, frees(held)].map(flow => releaseWait(flow, { call: null, why: 'worker_lost' })),
  failWait: [held, released].map(flow => failWait(flow, { reason: 'input_timed_out', waitpoint: 'wpt_1' })),
  expireWait: [held, released].map(flow => expireWait(flow, 'wpt_1')),
  cancelWait: [held, released].map(flow => cancelWait(flow, { by: 'prn_2', reason: null })),
  receiveSignal: [receiveSignal(working, answer)],
  requestCancel: [starting, working].map(flow => requestCancel(flow, { by: 'prn_2', reason: null })),
  endCancelled: [endCancelled(cancelling, { acknowledgedBy: 'finish', why: 'acknowledged' })],
  finish: [finish(working, 1)],
  pin: [pin(queued, { by: 'prn_2', force: true, reason: 'r' })],
  hold: [hold(queued, { by: 'prn_2', reason: null })],
  release: [release(queued, 'prn_2')],
  setPriority: [queued, working].map(flow => setPriority(flow, { by: 'prn_2', priority: 1 })),
  addInput: [addInput(queued, { id: 'fin_1', by: 'prn_1', bytes: 2 })],
  removeInput: [removeInput(queued, { id: 'fin_1', by: 'prn_1' })],
  addArtifact: [working, cancelling].map(flow => addArtifact(flow, { id: 'art_1', name: 'a', mediaType: 'a/b', size: 1, digest: 'd' })),
  markDeleted: [markDeleted(ended, { by: 'prn_2', reason: null })],
}

const moves = Object.values(PULLED).flat()
const after = ({ flow, set }: FlowMove) => ({
  status: set.status ?? flow.status, slotHeld: set.slotHeld ?? flow.slotHeld, epoch: set.epoch ?? flow.epoch, waitMode: set.waitMode === undefined ? flow.waitMode : set.waitMode,
  queueClass: set.queueClass === undefined ? flow.queueClass : set.queueClass,
})
const mayKeep = (move: FlowMove): boolean => after(move).waitMode === 'RELEASED' || (after(move).status === 'QUEUED' && after(move).queueClass === 'RESUME')

test('INV-8 after every move a flow holds a slot when it is RUNNING or waits held, as its lane has it when it waits released or resumes, and else not', () => {
  const must = (move: FlowMove): boolean => after(move).status === 'RUNNING' || after(move).waitMode === 'HELD'
  expect(moves.filter(move => !mayKeep(move) && after(move).slotHeld !== must(move)).map(move => move.name)).toEqual([])
  expect(moves.filter(move => mayKeep(move) && move.flow.slotHeld && after(move).slotHeld !== move.flow.laneKeepsSlot && move.name !== 'resumeReleased').map(move => move.name)).toEqual([])
})

test('INV-1 after every move phase, wait kind, wait mode and reason stand exactly with their status', () => {
  for (const { name, flow, set } of moves) {
    const row = { ...flow, ...set }
    expect([name, row.status === 'RUNNING', row.status === 'WAITING', ['FINISHED', 'FAILED', 'CANCELLED'].includes(row.status)])
      .toEqual([name, row.phase !== null, row.waitMode !== null && row.waitKind !== null, row.terminalReason !== null])
  }
})

test('INV-48 the promotion is the only move that takes a slot', () => {
  const taking = moves.filter(move => !move.flow.slotHeld && after(move).slotHeld)
  expect(taking.map(move => move.name)).toEqual(['promote'])
})

test('INV-17 no move lowers an epoch, and every lease gets a higher one', () => {
  expect(moves.every(move => after(move).epoch >= move.flow.epoch)).toBe(true)
  expect(moves.filter(move => move.attempt?.do === 'open').every(move => after(move).epoch > move.flow.epoch)).toBe(true)
})

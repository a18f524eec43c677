import DataLoader from 'dataloader'
import type PrismaTypes from '@sluice/db/pothos-types'
import type { PrismaClient } from '@sluice/db/prisma'
import type { Viewer } from '../policies/policy.ts'
import { visibleFlows } from '../policies/visible.ts'

export type FlowRow = PrismaTypes['Flow']['Shape']
export type FlowColumn = keyof FlowRow

/** A flow that the caller may read, with the columns known so far; the others are read when a field asks for them. */
export interface FlowHandle { id: string; row: Partial<FlowRow> }

interface Wanted { handle: FlowHandle; column: FlowColumn }

/**
 * Reads flows for one request: exactly the columns that were selected, for all flows of a tick in one statement.
 * A handle never remembers across commands, so a payload shows what its own command left.
 */
export class FlowReader {
  readonly #prisma: PrismaClient
  readonly #viewer: Viewer
  readonly #columns: DataLoader<Wanted, unknown, Wanted>
  readonly #visible: DataLoader<string, FlowHandle | null>

  constructor(prisma: PrismaClient, viewer: Viewer) {
    this.#prisma = prisma
    this.#viewer = viewer
    this.#columns = new DataLoader((wanted) => this.#readColumns(wanted), { cache: false, maxBatchSize: 20_000 })
    this.#visible = new DataLoader((ids) => this.#readVisible(ids), { cache: false, maxBatchSize: 1000 })
  }

  /** The flow of a command that has just been allowed to act on it. */
  granted(id: string, row: Partial<FlowRow> = {}): FlowHandle {
    return { id, row: { ...row, id } }
  }

  /** Null when there is no such flow, or the caller may not read it: the two look the same (INV-38). */
  visible(id: string): Promise<FlowHandle | null> {
    return this.#visible.load(id)
  }

  async visibleOf(ids: readonly string[]): Promise<FlowHandle[]> {
    const found = await this.#visible.loadMany([...ids])
    return found.filter((one): one is FlowHandle => one !== null && !(one instanceof Error))
  }

  async column<Column extends FlowColumn>(handle: FlowHandle, column: Column): Promise<FlowRow[Column]> {
    if (!(column in handle.row)) await this.#columns.load({ handle, column })
    return handle.row[column] as FlowRow[Column]
  }

  async #readColumns(wanted: readonly Wanted[]): Promise<unknown[]> {
    const ids = [...new Set(wanted.map(({ handle }) => handle.id))]
    const select = Object.fromEntries([...wanted.map(({ column }) => column), 'id'].map((column) => [column, true]))
    const rows: Partial<FlowRow>[] = await this.#prisma.flow.findMany({ where: { id: { in: ids } }, select })
    const byId = new Map(rows.map((row) => [row.id, row]))
    return wanted.map(({ handle }) => {
      const row = byId.get(handle.id)
      if (row === undefined) return new Error(`Flow ${handle.id} is gone.`)
      Object.assign(handle.row, row)
      return null
    })
  }

  async #readVisible(ids: readonly string[]): Promise<(FlowHandle | null)[]> {
    const rows = await this.#prisma.flow.findMany({ where: { AND: [{ id: { in: [...ids] } }, visibleFlows(this.#viewer)] }, select: { id: true } })
    const found = new Set(rows.map(({ id }) => id))
    return ids.map((id) => (found.has(id) ? this.granted(id) : null))
  }
}

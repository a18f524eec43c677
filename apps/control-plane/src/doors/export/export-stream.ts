import type { ServerResponse } from 'node:http'
import { endWhenStalled, taken } from '../events/event-stream.ts'
import { HEADERS } from '../respond.ts'
import { Problem } from '../rest/problem.ts'
import type { Call } from '../rest/route.ts'

/** Why an export ended: COMPLETE, or what cut it. */
export type ExportEnd = 'COMPLETE' | 'REVOKED' | 'SHUTDOWN' | 'FAILED'

/** A part of the text, and how many rows it holds. */
export interface Piece { text: string; rows: number }

interface Written {
  type: string
  fileName: string
  /** Made one by one, as the reader takes them. */
  pieces: AsyncIterableIterator<Piece>
  /** What stands at the very end of the text, where its format can say it. */
  lastText(end: ExportEnd, rows: number): string
}

class Cut extends Error {
  readonly end: ExportEnd
  constructor(end: ExportEnd) {
    super(end)
    this.end = end
  }
}

/**
 * Writes an export at the pace of its reader, never more than a piece ahead. After the last row come the trailers Export-End and Export-Rows.
 * One that is cut (right revoked, server stopping, a failure) breaks the connection instead, which every client of HTTP/1.1 reports; another
 * version of HTTP is refused. A reader that takes nothing for too long is cut as well.
 */
export async function writeExport(call: Call, written: Written): Promise<void> {
  const { request, response, ctx, stopping, keepaliveMs } = call
  if (request.httpVersion !== '1.1') throw new Problem(WITHOUT_TRAILERS)
  let revoked = false
  const stopWatching = ctx.live.rights.watch(ctx.viewer, () => {
    revoked = true
    // A reader that takes nothing would not be told.
    if (response.writableNeedDrain) response.destroy()
  })
  const cutBy = (): ExportEnd | null => (revoked ? 'REVOKED' : stopping.aborted ? 'SHUTDOWN' : null)
  let rows = 0
  try {
    // The first piece before the head: what refuses an export is a problem, and no file.
    let next = await written.pieces.next()
    begin(response, written)
    endWhenStalled(response, keepaliveMs)
    while (!next.done) {
      const end = cutBy()
      if (end !== null) throw new Cut(end)
      if (!(await taken(response, next.value.text))) return
      rows += next.value.rows
      next = await written.pieces.next()
    }
    response.addTrailers({ 'export-end': 'COMPLETE', 'export-rows': String(rows) })
    response.end(written.lastText('COMPLETE', rows))
  } catch (error) {
    if (!response.headersSent) throw error
    const end = error instanceof Cut ? error.end : 'FAILED'
    if (end === 'FAILED') ctx.deps.log({ event: 'export.failed', requestId: ctx.requestId, message: (error as Error).message })
    breakOff(response, written.lastText(end, rows))
  } finally {
    stopWatching()
  }
}

// Without chunks an export that was cut looks like a whole one, and Node takes no trailers.
const WITHOUT_TRAILERS = { code: 'INVALID_INPUT', message: 'An export needs HTTP/1.1: over HTTP/1.0 nobody could tell one that was cut from a whole one.' } as const

function begin(response: ServerResponse, { type, fileName }: Written): void {
  response.writeHead(200, {
    ...HEADERS, 'content-type': type, 'content-disposition': `attachment; filename="${fileName}"`, 'cache-control': 'no-store',
    trailer: 'Export-End, Export-Rows',
  })
}

/** What is said last leaves before the connection breaks. */
function breakOff(response: ServerResponse, last: string): void {
  if (last === '') return void response.destroy()
  response.write(last, () => response.destroy())
}

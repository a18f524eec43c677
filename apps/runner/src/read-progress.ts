/** What a command says about its progress: JSON lines `{ "percent": 40, "message": "…" }`. Anything else is ignored, however much it is. */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

const LINE_MAX = 4096

export function readProgress(stream: Readable, onProgress: (percent: number | null, message?: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('error', () => {})
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    // Of a line that is too long its beginning is kept, so that its end is not taken for a line.
    rest = (lines.pop() ?? '').slice(0, LINE_MAX + 1)
    report(lines)
  })
  stream.on('end', () => report([rest]))

  function report(lines: string[]) {
    for (const line of lines) {
      const said = parseLine(line)
      if (said) onProgress(said.percent, said.message)
    }
  }
}

function parseLine(line: string): { percent: number | null; message?: string } | null {
  if (line.length > LINE_MAX) return null
  try {
    const value = JSON.parse(line) as { percent?: unknown; message?: unknown } | null
    if (typeof value !== 'object' || value === null) return null
    return {
      percent: typeof value.percent === 'number' ? value.percent : null,
      ...(typeof value.message === 'string' && { message: value.message.replaceAll('\0', '\uFFFD') }),
    }
  } catch {
    return null
  }
}

/** An OpenTelemetry collector of a few lines: takes OTLP over HTTP as JSON and keeps the spans. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Span {
  service: string
  name: string
  traceId: string
  spanId: string
  parentSpanId?: string
  status: { code?: number }
  attributes: Record<string, unknown>
}

interface Attribute { key: string; value: { stringValue?: string; intValue?: number | string } }
interface Sent extends Omit<Span, 'service' | 'attributes'> { attributes: Attribute[] }
interface Body { resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Sent[] }[] }[] }

export interface Collector extends AsyncDisposable { url: string; spans: Span[]; paths: Set<string> }

export async function startCollector(): Promise<Collector> {
  const spans: Span[] = []
  const paths = new Set<string>()
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      paths.add(`${request.method} ${request.url} ${request.headers['content-type']}`)
      spans.push(...spansOf(JSON.parse(Buffer.concat(parts).toString()) as Body))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, paths,
    [Symbol.asyncDispose]: () => new Promise(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

const spansOf = ({ resourceSpans }: Body): Span[] => resourceSpans.flatMap(({ resource, scopeSpans }) => {
  const service = String(flat(resource.attributes)['service.name'])
  return scopeSpans.flatMap(scope => scope.spans.map(span => ({ ...span, service, attributes: flat(span.attributes) })))
})

const flat = (attributes: Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? (value.intValue === undefined ? value : Number(value.intValue))]))

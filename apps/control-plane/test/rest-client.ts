import type { Principal, TestServer } from './server.ts'

/** As much of an answer as tests go into. */
export interface Json { [key: string]: unknown; id: string; url: string; next: string | null; flows: { id: string }[]; events: { sequence: number }[] }
export interface Answered { status: number; headers: Headers; text: string; json: Json }
interface Asked { by?: Principal | null; body?: unknown; headers?: Record<string, string> }

/** Asks a REST door as a program does: JSON and a token. A body that is text goes as it is. */
export async function rest(server: Pick<TestServer, 'url'>, line: string, { by = null, body, headers = {} }: Asked = {}): Promise<Answered> {
  const [method = 'GET', path = '/'] = line.split(' ')
  const response = await fetch(`${server.url}${path}`, {
    method, redirect: 'manual',
    headers: {
      ...(by ? { authorization: `Bearer ${by.token}` } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: isJson(response) && text !== '' ? JSON.parse(text) as Json : {} as Json }
}

const isJson = ({ headers }: Response): boolean => /^application\/(problem\+)?json/.test(headers.get('content-type') ?? '')

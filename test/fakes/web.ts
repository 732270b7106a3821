import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Web {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly port: number
  /** `METHOD /path` of each request so far. */
  readonly requests: string[]
  /** The last request's headers and body. */
  readonly last: { headers: IncomingMessage['headers']; body: string }
  close(): Promise<void>
}

/** A web server for one test; `answer` writes the response itself or returns its text. */
export async function web(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => string | undefined,
): Promise<Web> {
  const requests: string[] = []
  const last = { headers: {} as IncomingMessage['headers'], body: '' }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      last.headers = request.headers
      last.body = Buffer.concat(chunks).toString('latin1')
      requests.push(`${request.method} ${request.url}`)
      const text = answer(request, last.body, response)
      if (text !== undefined) response.end(text)
    })
  })
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    last,
    close: () =>
      new Promise((go) => {
        server.closeAllConnections()
        server.close(() => go())
      }),
  }
}

import { createServer, type IncomingHttpHeaders, request as onward } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that went through, with its body, which the double does not keep. */
export interface Passed {
  readonly method: string
  readonly path: string
  readonly query: { readonly [name: string]: string }
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

/** A server that hands everything on to `target` and remembers what it was. */
export async function relay(target: () => string): Promise<{ url: string; passed: Passed[]; close(): Promise<void> }> {
  const passed: Passed[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const url = new URL(request.url ?? '/', target())
      passed.push({
        method: request.method ?? '',
        path: url.pathname,
        headers: request.headers,
        query: Object.fromEntries(url.searchParams),
        body: bytes.length === 0 ? undefined : JSON.parse(bytes.toString()),
      })
      onward(url, { method: request.method ?? 'GET', headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      }).end(bytes)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

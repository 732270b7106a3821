import http from 'node:http'
import type { Duplex } from 'node:stream'

/** A request as the fake engine got it. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

/** The smallest Docker engine that a client can be tried against. */
export interface FakeEngine {
  readonly seen: Seen[]
  /** Connections made so far. */
  readonly connections: number
  /** Closes every connection, as a restarted engine does. */
  drop(): void
  close(): Promise<void>
}

/** Starts the engine on a socket file. The command `cat` gives back its stdin; others print their words. */
export async function fakeEngine(socket: string): Promise<FakeEngine> {
  const seen: Seen[] = []
  const open = new Set<Duplex>()
  let connections = 0
  let command: readonly string[] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const body = Buffer.concat(chunks)
      seen.push({ method, path: url, headers, body })
      const json = (status: number, value: unknown) => {
        response.writeHead(status, { 'Content-Type': 'application/json' })
        response.end(JSON.stringify(value))
      }
      if (url === '/info') json(200, { Name: 'fake' })
      else if (url.startsWith('/images/create')) {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        response.write('{"status":"Pulling"}\r\n{"sta')
        setTimeout(() => response.end('tus":"Dön€"}\r\n'), 20)
      } else if (url.startsWith('/images/load')) json(200, { stream: `${body.length} bytes` })
      else if (url === '/slow') setTimeout(() => json(200, {}), 5_000).unref()
      else if (url === '/stall') {
        response.writeHead(200)
        response.write('begin')
      } else if (url === '/containers/app/exec') {
        command = JSON.parse(body.toString()).Cmd
        json(201, { Id: 'e1' })
      } else if (url === '/containers/stopped/exec') json(409, { message: 'container stopped is not running' })
      else if (url === '/exec/e1/json') json(200, { Running: false, ExitCode: command[0] === 'fail' ? 3 : 0 })
      else json(404, { message: `page not found: ${url}` })
    })
  })
  server.on('upgrade', (_request, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n')
    const frame = (stream: number, text: string | Buffer) => {
      const bytes = Buffer.from(text as string)
      const header = Buffer.alloc(8)
      header[0] = stream
      header.writeUInt32BE(bytes.length, 4)
      socket.write(Buffer.concat([header, bytes]))
    }
    if (command[0] === 'hang') return
    if (command[0] !== 'cat') {
      frame(1, command.join(' '))
      frame(2, 'oops\n')
      socket.end()
      return
    }
    // The body of the request comes before stdin: this server does not read the bodies of upgrades.
    let body = Number(_request.headers['content-length'] ?? 0)
    const feed = (chunk: Buffer) => {
      const skipped = Math.min(body, chunk.length)
      body -= skipped
      if (chunk.length > skipped) frame(1, chunk.subarray(skipped))
    }
    feed(head)
    socket.on('data', feed)
    socket.on('end', () => socket.end())
  })
  server.on('connection', (one) => {
    connections++
    open.add(one)
    one.once('close', () => open.delete(one))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    seen,
    get connections() {
      return connections
    },
    drop() {
      for (const one of open) one.destroy()
    },
    async close() {
      for (const one of open) one.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the chat server serves as custom style sheet and custom script, set by each test before it opens a page. */
export interface Custom {
  style: string
  script: string
}

export interface Sites {
  readonly custom: Custom
  /** Address of the chat showing the markup of one generation: the name of a file in pages/, without its ending. */
  chat(generation: string): string
  /** Origin of the embedding site under any name below example.org; all are the same server. */
  spaces(name: string): string
  close(): Promise<void>
}

const page = (name: string) => readFileSync(new URL(`./pages/${name}`, import.meta.url), 'utf8')
const shell = (head: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8">${head}</head>${body}</html>`

/** Starts the chat and the embedding site on the loopback interface, on ports of their own. */
export async function startSites(): Promise<Sites> {
  const custom: Custom = { style: '', script: '' }

  const chat = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://chat')
    const file = pathname.slice(1)
    if (file === 'product.css') return send(response, 'text/css', page(file))
    if (file === 'product.js') return send(response, 'application/javascript', page(file))
    if (file.startsWith('css-theme_')) return sendCustom(response, 'text/css', custom.style)
    if (file.startsWith('scripts_')) return sendCustom(response, 'application/javascript', custom.script)
    if (!file.startsWith('channel/')) return response.writeHead(404).end()
    const generation = file.slice('channel/'.length)
    // No inline script runs in the product's pages (app/cors/server/cors.ts).
    response.setHeader('content-security-policy', "script-src 'self' 'unsafe-eval'; img-src * data:")
    const head = '<link rel="stylesheet" href="/product.css"><link rel="stylesheet" href="/css-theme_0.css">'
    const scripts = '<script src="/scripts_0.js"></script><script src="/product.js"></script>'
    const body = `<body data-generation="${generation}"><div id="react-root">${page(`${generation}.html`)}</div>${scripts}</body>`
    return send(response, 'text/html', shell(head, body))
  })

  const embedding = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://spaces')
    if (pathname === '/spaces.js') return send(response, 'application/javascript', page('spaces.js'))
    const policy = searchParams.get('policy')
    if (policy !== null) response.setHeader('referrer-policy', policy)
    return send(
      response,
      'text/html',
      shell('<title>A project space</title>', '<body><script src="/spaces.js"></script></body>'),
    )
  })

  const servers = [chat, embedding]
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
        ),
    ),
  )
  return {
    custom,
    chat: (generation) => `http://chat.example.org:${ports[0]}/channel/${generation}`,
    spaces: (name) => `http://${name}.example.org:${ports[1]}`,
    async close() {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

function send(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(text)
}

/** As Rocket.Chat does it: the length is announced in characters, so whatever is not ASCII costs bytes at the end. */
function sendCustom(response: ServerResponse, type: string, text: string): void {
  const bytes = Buffer.from(text, 'utf8').subarray(0, text.length)
  response.writeHead(200, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': text.length,
    'cache-control': 'no-store',
  })
  response.end(bytes)
}

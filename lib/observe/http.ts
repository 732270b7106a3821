import { readFile } from 'node:fs/promises'
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as securedRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect as connectTls, getCACertificates } from 'node:tls'
import { ToolError } from '../core/diagnostic.ts'
import { saw } from './answers.ts'
import type { Observer } from './observe.ts'

/** Milliseconds after which an address counts as silent. */
const patience = 10_000

/** The most of a page that is read, in bytes: enough for an answer of an API. */
const most = 65_536

/** What `http` sees: an answer of whatever kind, or what kept one from coming. */
export type SeenPage =
  | { readonly status: number; readonly contentType: string; readonly text: string }
  /** `code` is Node's (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), `LATE`, `REHEARSAL` or the one of a refused stream. */
  | { readonly code: string; readonly message: string }

/** Gets `url` without credentials and without following a redirect; `ca` names a file with certificates to trust besides the usual. */
export const http: Observer = async ({ url, ca }, { signal, dial, rehearsal }) => {
  const address = new URL(String(url))
  if (rehearsal)
    return saw({ code: 'REHEARSAL', message: 'nothing outside of the rehearsal exists' } satisfies SeenPage)
  try {
    const trusted = typeof ca === 'string' && ca !== '' ? await readFile(ca, 'utf8') : undefined
    const limit = AbortSignal.timeout(patience)
    const page = get(
      address,
      AbortSignal.any([signal, limit]),
      dial && (() => dial(address.hostname, portOf(address))),
      trusted,
    )
    return saw(await page.catch((error: unknown) => Promise.reject(limit.aborted ? late() : error)))
  } catch (error) {
    if (signal.aborted) throw signal.reason
    return saw(troubleOf(error))
  }
}

/** A stream that the link could not open says in its detail what the host heard. */
function troubleOf(error: unknown): SeenPage {
  const { code = 'FAILED', message } = error as { code?: string; message: string }
  return { code, message: error instanceof ToolError ? (error.diagnostics[0]?.detail ?? message) : message }
}

async function get(
  url: URL,
  signal: AbortSignal,
  dial: (() => Promise<Duplex>) | undefined,
  ca: string | undefined,
): Promise<SeenPage> {
  const secured = url.protocol === 'https:'
  const trust = ca === undefined ? {} : { ca: [...getCACertificates(), ca] }
  const stream = await dial?.()
  const request = secured ? securedRequest : plainRequest
  return new Promise((resolve, reject) => {
    const asked: ClientRequest = request(
      url,
      {
        signal,
        agent: false,
        headers: { accept: 'application/json, */*;q=0.5', 'user-agent': 'ametys-rocketchat' },
        ...trust,
        ...(stream && {
          createConnection: () =>
            (secured ? connectTls({ socket: stream, servername: url.hostname, ...trust }) : stream) as never,
        }),
      },
      (response) => resolve(read(response)),
    )
    asked.once('error', reject)
    asked.end()
  }).finally(() => stream?.destroy()) as Promise<SeenPage>
}

async function read(response: IncomingMessage): Promise<SeenPage> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > most) break
  }
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    text: Buffer.concat(chunks).subarray(0, most).toString(),
  }
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}

function late(): Error {
  return Object.assign(new Error(`no answer within ${patience / 1000} s`), { code: 'LATE' })
}

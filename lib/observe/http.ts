import { readFile } from 'node:fs/promises'
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as securedRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, getCACertificates } from 'node:tls'
import { TaskError } from '../core/diagnostic.ts'
import { saw } from './answers.ts'
import type { Eyes, Observer } from './observe.ts'

/** Milliseconds after which an address counts as silent, unless `timeout` says otherwise. */
const patience = 10_000

/** The most of a page that is read, in bytes: enough for an answer of an API. */
const most = 65_536

/** What `http` sees: an answer of whatever kind, or what kept one from coming. */
export type SeenPage =
  | { readonly status: number; readonly contentType: string; readonly text: string }
  /** `code` is Node's (`ECONNREFUSED`, `CERT_HAS_EXPIRED`), `LATE`, `REHEARSAL` or that of a stream that was refused. */
  | { readonly code: string; readonly message: string }

/**
 * Gets `url` without credentials and without following a redirect; `ca` names a file with certificates to trust besides
 * the usual. Throws what the link throws when it will not carry such a connection: then nothing is known.
 */
export const http: Observer = async ({ url, ca, timeout }, eyes) => {
  if (eyes.rehearsal)
    return saw({ code: 'REHEARSAL', message: 'nothing outside of the rehearsal exists' } satisfies SeenPage)
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), typeof timeout === 'number' ? timeout : patience)
  const signal = AbortSignal.any([eyes.signal, limit.signal])
  try {
    const trusted = typeof ca === 'string' && ca !== '' ? await readFile(ca, 'utf8') : undefined
    return saw(await get(new URL(String(url)), trusted, { ...eyes, signal }))
  } catch (error) {
    eyes.signal.throwIfAborted()
    if (error instanceof TaskError && error.code !== 'dial-refused') throw error
    return saw(limit.signal.aborted ? late : troubleOf(error))
  } finally {
    clearTimeout(timer)
  }
}

const late: SeenPage = { code: 'LATE', message: 'no answer in time' }

/** A stream that could not be opened says in its detail what the host heard; several addresses fail with several errors. */
function troubleOf(error: unknown): SeenPage {
  if (error instanceof AggregateError) return troubleOf(error.errors[0])
  const { code = 'FAILED', message } = error as { code?: string; message: string }
  return { code, message: error instanceof TaskError ? (error.diagnostics[0]?.detail ?? message) : message }
}

async function get(
  url: URL,
  ca: string | undefined,
  { signal, dial }: Pick<Eyes, 'signal' | 'dial'>,
): Promise<SeenPage> {
  const secured = url.protocol === 'https:'
  const trust = ca === undefined ? {} : { ca: [...getCACertificates(), ca] }
  const stream = dial && (await opened(dial(bare(url.hostname), portOf(url)), signal))
  const wrap = (plain: Duplex) =>
    secured
      ? connectTls({ socket: plain, ...(isIP(bare(url.hostname)) === 0 && { servername: url.hostname }), ...trust })
      : plain
  try {
    return await new Promise<SeenPage>((resolve, reject) => {
      const options = {
        signal,
        headers: { accept: 'application/json, */*;q=0.5', 'user-agent': 'ametys-rocketchat' },
        ...trust,
        ...(stream ? { createConnection: () => wrap(stream) as never } : { agent: false as const }),
      }
      const asked: ClientRequest = (secured ? securedRequest : plainRequest)(url, options, (response) => {
        read(response).then(resolve, reject)
      })
      asked.once('error', reject)
      asked.end()
    })
  } finally {
    stream?.destroy()
  }
}

/** A stream that comes too late is closed again. */
function opened(stream: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const give = () => {
      stream.then((one) => one.destroy()).catch(() => undefined)
      reject(signal.reason)
    }
    signal.addEventListener('abort', give, { once: true })
    stream.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
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

/** An IPv6 address without the brackets of an URL. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}

import { type IncomingMessage, request } from 'node:http'
import type { Eyes, Observer } from './observe.ts'
import { type Place, placeOf, rehearsed, requestStream, type Trouble, within } from './streams.ts'

/** Milliseconds after which an address counts as silent, unless `timeout` says otherwise. */
const patience = 10_000

/** The most of a page that is read, in bytes: enough for an answer of an API. */
const most = 65_536

/** What `http` sees: an answer of whatever kind, or what kept one from coming. */
export type SeenPage =
  | {
      readonly status: number
      readonly contentType: string
      readonly text: string
      /** Where it points, and `Strict-Transport-Security`; absent when the answer has no such header. */
      readonly location?: string
      readonly hsts?: string
    }
  | Trouble

/**
 * Gets `url` without credentials and without following a redirect; `ca` names a file with certificates to trust besides
 * the usual, and with `trust: false` any is taken. Nothing is looked at in a rehearsal, but with `rehearse: true` its own
 * machines, from the host. Throws what the link throws when it will not carry such a connection:
 * then nothing is known.
 */
export const http: Observer = async (input, eyes) =>
  within(typeof input.timeout === 'number' ? input.timeout : patience, eyes, async (signal) =>
    eyes.rehearsal && !(input.rehearse === true && eyes.dial) ? rehearsed : get(placeOf(input), { ...eyes, signal }),
  )

async function get(place: Place, eyes: Pick<Eyes, 'signal' | 'dial'>): Promise<SeenPage> {
  const { signal } = eyes
  const stream = await requestStream(place, eyes)
  try {
    return await new Promise<SeenPage>((resolve, reject) => {
      // The stream is encrypted already where that is wanted.
      const asked = request(place.url.href.replace(/^https:/, 'http:'), {
        signal,
        headers: { host: place.url.host, accept: 'application/json, */*;q=0.5', 'user-agent': 'ametys-rocketchat' },
        createConnection: () => stream as never,
      })
      asked.once('response', (response) => {
        read(response).then(resolve, reject)
      })
      asked.once('error', reject)
      asked.end()
    })
  } finally {
    stream.destroy()
  }
}

async function read(response: IncomingMessage): Promise<SeenPage> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > most) break
  }
  const { location, 'strict-transport-security': hsts } = response.headers
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    text: Buffer.concat(chunks).subarray(0, most).toString(),
    ...(location !== undefined && { location }),
    ...(hsts !== undefined && { hsts }),
  }
}

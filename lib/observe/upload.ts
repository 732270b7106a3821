import { type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate as breath, setTimeout as wait } from 'node:timers/promises'
import { shortened } from '../core/text.ts'
import { saw } from './answers.ts'
import type { Eyes, Observer } from './observe.ts'
import { type Place, placeOf, rehearsed, requestStream, type Trouble, troubleOf, within } from './streams.ts'

/** Milliseconds for all of it, unless `timeout` says otherwise: 100 MB take 80 s at 10 Mbit/s. */
const patience = 120_000

/** Milliseconds to listen for an answer to what was announced. */
const patienceToListen = 1000

/** What a proxy says when the server behind it hangs up. */
const badGateway = 502

const boundary = '----ametys-rocketchat'
const head = Buffer.from(
  `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="proof.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`,
)
const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
const piece = Buffer.alloc(262_144)

/** What `upload` sees. */
export type SeenUpload =
  | {
      readonly status: number
      readonly server: string
      readonly text: string
      /** Bytes that had gone out when the answer came, and bytes in all. */
      readonly sent: number
      readonly size: number
    }
  /** With `LATE` it is said how much had gone out. */
  | (Trouble & Partial<Progress>)

interface Progress {
  sent: number
  readonly size: number
}

/**
 * Sends a file of `size` bytes to `url` as a form, without credentials, and stops as soon as there is an answer; `ca`, `trust` as
 * for `http`. The address must be one that refuses strangers, so that nothing is kept.
 */
export const upload: Observer = async (input, eyes) => {
  const place = placeOf(input)
  const file = Number(input.size)
  const progress: Progress = { sent: 0, size: head.length + file + tail.length }
  const answer = await within(typeof input.timeout === 'number' ? input.timeout : patience, eyes, async (signal) => {
    if (eyes.rehearsal && !eyes.dial) return rehearsed
    const whole = await attempt(place, file, { ...eyes, signal }, progress)
    if (!hungUp(whole) || signal.aborted) return whole
    // Who hangs up while we talk, or has a proxy that says so, may have answered what was announced: this time we listen first.
    const announced = await attempt(place, file, { ...eyes, signal })
    return 'code' in announced ? whole : announced
  })
  const seen = answer.json as SeenUpload
  return 'code' in seen && seen.code === 'LATE' ? saw({ ...seen, ...progress }) : answer
}

/** Was the talking ended by who should listen? */
function hungUp(seen: SeenUpload): boolean {
  return 'code' in seen || (seen.status === badGateway && seen.sent < seen.size)
}

async function attempt(
  place: Place,
  size: number,
  eyes: Pick<Eyes, 'signal' | 'dial'>,
  progress?: Progress,
): Promise<SeenUpload> {
  const { signal } = eyes
  const stream = await requestStream(place, eyes)
  const stop = () => stream.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await send(place.url, size, stream, progress)
  } catch (error) {
    signal.throwIfAborted()
    return troubleOf(error)
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

/** Talks at once when `progress` is to be kept; otherwise it listens for a while before it goes on. */
async function send(url: URL, file: number, stream: Duplex, progress: Progress | undefined): Promise<SeenUpload> {
  const size = head.length + file + tail.length
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const asked = request(url.href.replace(/^https:/, 'http:'), {
    method: 'POST',
    createConnection: () => stream as never,
    headers: {
      host: url.host,
      // Who must close the connection after the answer would cut it off for those who are still talking.
      connection: 'keep-alive',
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': size,
      'user-agent': 'ametys-rocketchat',
    },
  })
  let sent = 0
  let answered = false
  const { promise: gone, resolve: go } = Promise.withResolvers<void>()
  for (const event of ['finish', 'close']) asked.once(event, () => go())
  let wake: () => void = () => undefined
  for (const event of ['drain', 'close', 'response']) asked.on(event, () => wake())
  asked.once('response', (response) => {
    answered = true
    resolve(response)
  })
  asked.once('close', () => reject(new Error(`the connection was closed after ${sent} of ${size} bytes`)))
  asked.on('error', reject)
  /** Waits while the far side takes nothing, so that what was sent is what went out, but for some buffers on the way. */
  const write = async (bytes: Buffer): Promise<void> => {
    const ready = asked.write(bytes, () => {
      sent += bytes.length
      if (progress) progress.sent = sent
    })
    if (ready) return
    await new Promise<void>((goOn) => {
      wake = goOn
    })
  }
  const listening = progress ? undefined : wait(patienceToListen, undefined, { ref: false })
  const writing = (async () => {
    await write(head)
    if (listening) await Promise.race([listening, promise.catch(() => undefined)])
    for (let left = file; left > 0 && !answered && !asked.destroyed; left -= piece.length)
      await write(left >= piece.length ? piece : piece.subarray(0, left)).then(() => breath())
    if (answered || asked.destroyed) return
    await write(tail)
    asked.end()
  })()
  const response = await promise
  const text = await beginning(response)
  // What the far side has answered already may be told to have gone out only a moment later.
  if (asked.writableEnded && sent < size) await Promise.race([gone, wait(200, undefined, { ref: false })])
  const seen = asked.writableFinished ? size : sent
  asked.destroy()
  await writing
  return { status: response.statusCode ?? 0, server: String(response.headers.server ?? ''), text, sent: seen, size }
}

async function beginning(response: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of response) {
      text += String(chunk)
      if (text.length > 300) break
    }
  } catch {
    // Who refuses the rest of an upload may hang up in the middle of the answer; its status is what counts.
  }
  return shortened(text, 300)
}

import { createECDH, randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { wireReader, wireString } from './wire.ts'

/**
 * Asks an SSH server for its host certificate. ssh2 cannot negotiate certificates, so this speaks the first, unencrypted
 * part of the protocol on a connection of its own (RFC 4253, RFC 5656) and hangs up. The answer proves nothing by
 * itself: the certificate must be verified, and the real connection must then insist on the certified key.
 * Resolves to undefined when the server has none, throws NoGreeting when nothing there says SSH. `stream` is destroyed in
 * any case.
 */
export async function probeCertificate(stream: Duplex, signal: AbortSignal): Promise<Buffer | undefined> {
  const stop = () => stream.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const bytes = byteReader(stream)
    stream.write('SSH-2.0-probe\r\n')
    await greeting(bytes)
    const theirs = await message(bytes, kexInit)
    const lists = wireReader(theirs, 17)
    const exchanges = lists.text().split(',')
    const keys = lists.text().split(',')
    if (!exchanges.includes(exchange) || !certificates.some((one) => keys.includes(one))) return undefined
    stream.write(packet(offer()))
    const ecdh = createECDH('prime256v1')
    stream.write(packet(Buffer.concat([Buffer.from([ecdhInit]), wireString(ecdh.generateKeys())])))
    return wireReader(await message(bytes, ecdhReply), 1).string()
  } catch (error) {
    if (error instanceof Ended) return undefined
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

const kexInit = 20
const ecdhInit = 30
const ecdhReply = 31
const exchange = 'ecdh-sha2-nistp256'
const certificates = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
].map((type) => `${type}-cert-v01@openssh.com`)

/** The connection ended before the server had said that it speaks SSH; it may do so a moment later. */
export class NoGreeting extends Error {}

/** The server hung up. */
class Ended extends Error {}

async function greeting(bytes: ByteReader): Promise<void> {
  try {
    while (!(await bytes.line()).startsWith('SSH-'));
  } catch (error) {
    throw error instanceof Ended ? new NoGreeting() : error
  }
}

/** Our KEXINIT: one key exchange, certificates only, ciphers that any server has; they are never used. */
function offer(): Buffer {
  const ciphers = 'aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr,chacha20-poly1305@openssh.com'
  const macs = 'hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1'
  const lists = [exchange, certificates.join(','), ciphers, ciphers, macs, macs, 'none', 'none', '', '']
  return Buffer.concat([
    Buffer.from([kexInit]),
    randomBytes(16),
    ...lists.map((one) => wireString(one)),
    Buffer.alloc(5),
  ])
}

/** An unencrypted packet: length, padding length, payload, padding to a multiple of 8 and at least 4. */
function packet(payload: Buffer): Buffer {
  const padding = 4 + ((8 - ((payload.length + 9) % 8)) % 8)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(payload.length + padding + 1)
  head[4] = padding
  return Buffer.concat([head, payload, Buffer.alloc(padding)])
}

/** The next message of a type; IGNORE and DEBUG before it are passed over, DISCONNECT ends it all. */
async function message(bytes: ByteReader, type: number): Promise<Buffer> {
  for (;;) {
    const length = (await bytes.take(4)).readUInt32BE()
    if (length < 2 || length > 256 * 1024) throw new Ended()
    const body = await bytes.take(length)
    const payload = body.subarray(1, body.length - (body[0] ?? 0))
    if (payload[0] === type) return payload
    if (payload[0] === 1) throw new Ended()
  }
}

interface ByteReader {
  take(count: number): Promise<Buffer>
  line(): Promise<string>
}

function byteReader(stream: Duplex): ByteReader {
  let held: Buffer = Buffer.alloc(0)
  const chunks = stream[Symbol.asyncIterator]()
  const more = async () => {
    const { value, done } = await chunks.next().catch(() => ({ value: undefined, done: true }))
    if (done) throw new Ended()
    held = Buffer.concat([held, value])
  }
  return {
    async take(count) {
      while (held.length < count) await more()
      const taken = held.subarray(0, count)
      held = held.subarray(count)
      return taken
    },
    async line() {
      while (!held.includes(10)) {
        if (held.length > 64 * 1024) throw new Ended()
        await more()
      }
      const at = held.indexOf(10)
      const text = held.subarray(0, at).toString('latin1')
      held = held.subarray(at + 1)
      return text.replace(/\r$/, '')
    },
  }
}

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'

/** What a certificate of the rehearsal or of a test says; what is left out is as a good one has it. */
export interface Wanted {
  readonly subject: string
  /** Who signs it; itself when left out. */
  readonly by?: Issued
  /** Names and addresses it is for; none for an authority. */
  readonly names?: readonly string[]
  readonly ca?: boolean
  /** Days from now; negative ones are over. */
  readonly from?: number
  readonly until?: number
  readonly key?: Pair
  readonly hash?: 'sha1' | 'sha256'
  /** False for one that may not be used by a server. */
  readonly server?: boolean
}

export interface Issued {
  readonly subject: string
  readonly pem: string
  /** PKCS #8. */
  readonly key: string
  readonly pair: Pair
}

interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** The pair of a private key in PEM. */
export function pairOf(key: string): Pair {
  const privateKey = createPrivateKey(key)
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

export const ecPair = (): Pair => generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const rsaPair = (bits: number): Pair => generateKeyPairSync('rsa', { modulusLength: bits })
export const edPair = (): Pair => generateKeyPairSync('ed25519')

/** Makes a certificate (RFC 5280) whose dates are counted from now. */
export function issue(wanted: Wanted): Issued {
  const { subject, by, names = [], ca = false, from = -1, until = 365, hash = 'sha256', server = true } = wanted
  const pair = wanted.key ?? ecPair()
  const signer = by?.pair ?? pair
  const algorithm = algorithmOf(signer.privateKey, hash)
  const tbs = sequence(
    tagged(0xa0, number(Buffer.of(2))),
    number(Buffer.concat([Buffer.of(1), randomBytes(12)])),
    algorithm,
    commonName(by?.subject ?? subject),
    sequence(time(from), time(until)),
    commonName(subject),
    spki(pair.publicKey),
    tagged(
      0xa3,
      sequence(
        extension('2.5.29.19', ca ? sequence(tagged(0x01, Buffer.of(0xff))) : sequence(), true),
        extension('2.5.29.14', tagged(0x04, keyId(pair.publicKey))),
        extension('2.5.29.35', sequence(tagged(0x80, keyId(signer.publicKey)))),
        ...(ca ? [] : [extension('2.5.29.37', sequence(oid(`1.3.6.1.5.5.7.3.${server ? 1 : 2}`)))]),
        ...(names.length === 0 ? [] : [extension('2.5.29.17', sequence(...names.map(alternative)))]),
      ),
    ),
  )
  const digest = signer.privateKey.asymmetricKeyType === 'ed25519' ? null : hash
  const signature = sign(digest, tbs, signer.privateKey)
  const der = sequence(tbs, algorithm, tagged(0x03, Buffer.of(0), signature))
  return { subject, pem: pemOf(der), key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), pair }
}

/** A root, an intermediate signed by it, and what the intermediate issues. */
export function authority(name = 'Example') {
  const root = issue({ subject: `${name} Root`, ca: true })
  const intermediate = issue({ subject: `${name} Intermediate`, ca: true, by: root })
  return { root, intermediate, leaf: (more: Partial<Wanted> = {}) => leaf({ by: intermediate, ...more }) }
}

function leaf(more: Partial<Wanted>): Issued {
  return issue({ subject: 'chat.example.org', names: ['chat.example.org'], until: 90, ...more })
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, Math.floor(length / 0x100), length % 0x100]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, ...parts)

/** A whole number; the first byte of a positive one is below 128. */
const number = (bytes: Buffer): Buffer => tagged(0x02, bytes)

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part % 128]
    for (let left = Math.floor(part / 128); left > 0; left = Math.floor(left / 128)) groups.unshift((left % 128) + 128)
    bytes.push(...groups)
  }
  return tagged(0x06, Buffer.from(bytes))
}

function time(days: number): Buffer {
  const at = new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return tagged(0x18, Buffer.from(at))
}

const commonName = (name: string): Buffer =>
  sequence(tagged(0x31, sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(name)))))

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })

const keyId = (key: KeyObject): Buffer => createHash('sha1').update(spki(key)).digest()

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [tagged(0x01, Buffer.of(0xff))] : []), tagged(0x04, value))
}

function alternative(name: string): Buffer {
  return /^[\d.]+$/.test(name)
    ? tagged(0x87, Buffer.from(name.split('.').map(Number)))
    : tagged(0x82, Buffer.from(name, 'latin1'))
}

function algorithmOf(key: KeyObject, hash: 'sha1' | 'sha256'): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sequence(oid('1.3.101.112'))
  if (key.asymmetricKeyType === 'ec')
    return sequence(oid(hash === 'sha1' ? '1.2.840.10045.4.1' : '1.2.840.10045.4.3.2'))
  return sequence(oid(`1.2.840.113549.1.1.${hash === 'sha1' ? 5 : 11}`), tagged(0x05))
}

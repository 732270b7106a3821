import { createECDH, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import net, { type AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { probeCertificate } from '../../../lib/connect/certificate-probe.ts'
import { certificateFault, readHostCertificate } from '../../../lib/connect/host-certificate.ts'
import { wireString } from '../../../lib/connect/wire.ts'

const test = suite('lib/connect/host-certificate')

const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64url')
const number = (value: Buffer) => wireString((value[0] ?? 0) > 127 ? Buffer.concat([Buffer.alloc(1), value]) : value)
const uint32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value])
const uint64 = (value: number) => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64BE(BigInt(value))
  return buffer
}

/** A signing key in SSH's forms. */
interface Signer {
  readonly blob: Buffer
  sign(data: Buffer): Buffer
}

const signers: { readonly [kind: string]: () => Signer } = {
  ed25519() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const blob = Buffer.concat([wireString('ssh-ed25519'), wireString(bytes(publicKey.export({ format: 'jwk' }).x))])
    return {
      blob,
      sign: (data) => Buffer.concat([wireString('ssh-ed25519'), wireString(sign(null, data, privateKey))]),
    }
  },
  rsa() {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    return { blob: rsaBlob(publicKey), sign: (data) => rsaSign('sha512', 'rsa-sha2-512', data, privateKey) }
  },
  ecdsa() {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const { x, y } = publicKey.export({ format: 'jwk' })
    const type = 'ecdsa-sha2-nistp384'
    const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)])
    return {
      blob: Buffer.concat([wireString(type), wireString('nistp384'), wireString(point)]),
      sign(data) {
        const flat = sign('sha384', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
        const pair = Buffer.concat([number(strip(flat.subarray(0, 48))), number(strip(flat.subarray(48)))])
        return Buffer.concat([wireString(type), wireString(pair)])
      },
    }
  },
}

const strip = (value: Buffer): Buffer => (value[0] === 0 ? strip(value.subarray(1)) : value)

function rsaBlob(publicKey: KeyObject): Buffer {
  const { n, e } = publicKey.export({ format: 'jwk' })
  return Buffer.concat([wireString('ssh-rsa'), number(bytes(e)), number(bytes(n))])
}

function rsaSign(hash: string, type: string, data: Buffer, key: KeyObject): Buffer {
  return Buffer.concat([wireString(type), wireString(sign(hash, data, key))])
}

const hostKey = wireString(Buffer.alloc(32, 5))
const plainKey = Buffer.concat([wireString('ssh-ed25519'), hostKey])
const now = 1_800_000_000

function certificate(
  signer: Signer,
  more: { kind?: number; names?: string[]; from?: number; to?: number; critical?: string } = {},
) {
  const { kind = 2, names = ['web1'], from = now - 60, to = now + 60, critical = '' } = more
  const body = Buffer.concat([
    wireString('ssh-ed25519-cert-v01@openssh.com'),
    wireString('nonce'),
    hostKey,
    uint64(1),
    uint32(kind),
    wireString('the id'),
    wireString(Buffer.concat(names.map((name) => wireString(name)))),
    uint64(from),
    uint64(to),
    wireString(critical),
    wireString(''),
    wireString(''),
    wireString(signer.blob),
  ])
  return Buffer.concat([body, wireString(signer.sign(body))])
}

const fault = (blob: Buffer, signer: Signer, more: object = {}) =>
  certificateFault(readHostCertificate(blob), {
    host: 'web1',
    authorities: [signer.blob],
    revoked: [],
    now: now * 1000,
    ...more,
  })

for (const [kind, make] of Object.entries(signers)) {
  test(`holds when an ${kind} authority signed it, and not when a bit is another`, () => {
    const signer = make()
    const blob = certificate(signer)
    assert.is(fault(blob, signer), undefined)
    assert.equal(readHostCertificate(blob).key, plainKey)
    const changed = Buffer.from(blob)
    changed.writeUInt8(changed.readUInt8(blob.length - 3) ^ 1, blob.length - 3)
    assert.is(fault(changed, signer), 'its signature is wrong')
    const other = Buffer.from(blob)
    other.write('x', blob.indexOf('nonce'))
    assert.is(fault(other, signer), 'its signature is wrong')
  })
}

const signer = signers.ed25519?.() as Signer

for (const [title, make, more, expected] of [
  ['user certificate', { kind: 1 }, {}, 'it is not a host certificate'],
  ['other host', { names: ['web2', 'web3'] }, {}, 'it is for web2, web3, not for web1'],
  ['no host', { names: [] }, {}, 'it is for no host, not for web1'],
  ['pattern', { names: ['web?'] }, {}, undefined],
  ['not yet', { from: now + 1 }, {}, 'it is not valid before 2027-01-15T08:00:01.000Z'],
  ['expired', { to: now }, {}, 'it expired on 2027-01-15T08:00:00.000Z'],
  ['critical option', { critical: 'x' }, {}, 'it has options that are not known'],
  ['revoked authority', {}, { revoked: [signer.blob] }, 'its authority is revoked'],
  ['revoked key', {}, { revoked: [plainKey] }, 'the key it certifies is revoked'],
  ['strange authority', {}, { authorities: [] }, 'it is signed by an authority that is not known for this host'],
] as const) {
  test(`${title}: ${expected ?? 'holds'}`, () => {
    assert.is(fault(certificate(signer, make as object), signer, more), expected)
  })
}

test('does not take signatures with SHA-1', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const old: Signer = { blob: rsaBlob(publicKey), sign: (data) => rsaSign('sha1', 'ssh-rsa', data, privateKey) }
  assert.is(fault(certificate(old), old), 'its signature is wrong')
})

test('is not read when it is cut short or of another kind', () => {
  assert.throws(() => readHostCertificate(certificate(signer).subarray(0, 200)), RangeError)
  assert.throws(() => readHostCertificate(plainKey), /not a certificate of a known kind/)
})

/** The unencrypted beginning of an SSH server: greeting, KEXINIT, and KEX_ECDH_REPLY with a certificate. */
async function server(hostKeys: string, blob: Buffer) {
  const packet = (payload: Buffer) => {
    const padding = 4 + ((8 - ((payload.length + 9) % 8)) % 8)
    return Buffer.concat([uint32(payload.length + padding + 1), Buffer.from([padding]), payload, Buffer.alloc(padding)])
  }
  const lists = ['ecdh-sha2-nistp256', hostKeys, 'a', 'a', 'a', 'a', 'none', 'none', '', '']
  const kexInit = Buffer.concat([
    Buffer.from([20]),
    Buffer.alloc(16),
    ...lists.map((one) => wireString(one)),
    Buffer.alloc(5),
  ])
  const listener = net.createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('a line before\r\nSSH-2.0-fake\r\n')
    socket.write(packet(Buffer.from([2, 0, 0, 0, 0])))
    const all = packet(kexInit)
    socket.write(all.subarray(0, 7))
    setTimeout(() => socket.write(all.subarray(7)), 10)
    let seen = 0
    socket.on('data', (data) => {
      seen += data.length
      if (seen < 600) return
      const point = createECDH('prime256v1').generateKeys()
      socket.write(packet(Buffer.concat([Buffer.from([31]), wireString(blob), wireString(point), wireString('sig')])))
      seen = Number.NEGATIVE_INFINITY
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  const ask = () => probeCertificate(net.connect(port, '127.0.0.1'), new AbortController().signal)
  return { ask, close: () => new Promise((resolve) => listener.close(resolve)) }
}

test('is fetched from a server that has one, in small pieces', async () => {
  const blob = certificate(signer)
  const { ask, close } = await server('ssh-ed25519,ssh-ed25519-cert-v01@openssh.com', blob)
  assert.equal(await ask(), blob)
  await close()
})

test('a server without one is left in peace', async () => {
  const { ask, close } = await server('ssh-ed25519', Buffer.alloc(0))
  assert.is(await ask(), undefined)
  await close()
})

test.run()

import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hostKeyAlgorithms, judge, type Trust } from '../../../lib/connect/host-keys.ts'
import {
  fingerprint,
  isAbout,
  keysAbout,
  knownHostsLine,
  knownName,
  parseKnownHosts,
} from '../../../lib/connect/known-hosts.ts'
import { readKnownHosts, recordKnownHost } from '../../../lib/connect/known-hosts-file.ts'
import { wireString } from '../../../lib/connect/wire.ts'

const test = suite('lib/connect/known-hosts')

/** A key that nobody has: its type, then some bytes. */
const key = (fill: number, type = 'ssh-ed25519') =>
  Buffer.concat([wireString(type), wireString(Buffer.alloc(32, fill))])
const line = (names: string, fill = 1, type?: string) => knownHostsLine(names, key(fill, type))
const about = (text: string, host: string, port = 22) =>
  parseKnownHosts(text, 'f').some((one) => isAbout(one, knownName(host, port)))

test('reads lines, and passes over comments and what makes no sense', () => {
  const text = [
    '# comment',
    '',
    line('web1,web2'),
    'web3 ssh-ed25519 !!!!',
    `web4 ssh-rsa ${key(1).toString('base64')}`,
    `@unheard-of ${line('web5')}`,
    `@revoked ${line('web6')} with a comment\r`,
  ].join('\n')
  assert.equal(
    parseKnownHosts(text, 'f').map(({ names, marker, line }) => [names, marker, line]),
    [
      [['web1', 'web2'], undefined, 3],
      [['web6'], 'revoked', 7],
    ],
  )
})

for (const [names, host, port, expected] of [
  ['web1', 'web1', 22, true],
  ['web1', 'WEB1', 22, true],
  ['web1', 'web1', 2222, false],
  ['[web1]:2222', 'web1', 2222, true],
  ['[web1]:2222', 'web1', 22, false],
  ['*.example.org', 'a.example.org', 22, true],
  ['*.example.org', 'example.org', 22, false],
  ['web?', 'web1', 22, true],
  ['web?', 'web12', 22, false],
  ['*.example.org,!bad.example.org', 'bad.example.org', 22, false],
  ['!bad.example.org,*.example.org', 'good.example.org', 22, true],
  ['a+b', 'aab', 22, false],
] as const) {
  test(`${names} is ${expected ? '' : 'not '}about ${host} port ${port}`, () => {
    assert.is(about(line(names), host, port), expected)
  })
}

test('reads hashed names', () => {
  const salt = Buffer.alloc(20, 7)
  const hash = createHmac('sha1', salt).update('[web1]:2222').digest('base64')
  const text = line(`|1|${salt.toString('base64')}|${hash}`)
  assert.ok(about(text, 'web1', 2222))
  assert.not.ok(about(text, 'web2', 2222))
})

test('one list tells many hosts apart, each with its lines in their order', () => {
  const salt = Buffer.alloc(20, 7)
  const hash = createHmac('sha1', salt).update('web2').digest('base64')
  const names = ['Web1,web2', 'web*', 'web2', `|1|${salt.toString('base64')}|${hash}`, '[web1]:2222', 'web1', 'web1']
  const list = parseKnownHosts(names.map((one) => line(one)).join('\n'), 'f')
  const lines = (host: string, port = 22) => keysAbout(list, knownName(host, port)).map((one) => one.line)
  for (let twice = 0; twice < 2; twice++) {
    assert.equal(lines('web1'), [1, 2, 6, 7])
    assert.equal(lines('WEB2'), [1, 2, 3, 4])
    assert.equal(lines('web3'), [2])
    assert.equal(lines('web1', 2222), [5])
    assert.equal(lines('db'), [])
  }
  for (const host of ['web1', 'web2', 'web3', 'db'])
    assert.equal(
      lines(host),
      list.filter((one) => isAbout(one, host)).map((one) => one.line),
    )
})

test('a file that has changed is read again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'connect-known-'))
  const file = join(folder, 'known_hosts')
  const names = () => readKnownHosts([file, join(folder, 'none')]).flatMap((one) => one.names)
  assert.equal(names(), [])
  writeFileSync(file, line('web1'))
  assert.equal(names(), ['web1'])
  assert.is(readKnownHosts([file]), readKnownHosts([file]))
  writeFileSync(file, line('web2'))
  assert.equal(names(), ['web2'])
  rmSync(folder, { recursive: true })
})

test('shows fingerprints as ssh-keygen does', () => {
  const text = 'github.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
  const [found] = parseKnownHosts(text, 'f')
  assert.is(fingerprint(found?.key ?? Buffer.alloc(0)), 'SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU')
})

const trust = (files: string, more: Partial<Trust> = {}): Trust => ({
  host: 'web1',
  port: 22,
  policy: 'strict',
  inventory: [],
  files: parseKnownHosts(files, 'f'),
  record: 'f',
  ...more,
})
const verdict = (fill: number, about: Trust, type?: string) => {
  const found = judge(key(fill, type), about)
  return found.kind === 'refused' ? found.diagnostic.code : found.kind
}

test('judges keys', () => {
  assert.is(verdict(1, trust(line('web1', 1))), 'known')
  assert.is(verdict(2, trust(line('web1', 1))), 'host-key-changed')
  assert.is(verdict(2, trust(`${line('web1', 1)}\n${line('web1', 2)}`)), 'known')
  assert.is(verdict(1, trust('')), 'host-key-unknown')
  assert.is(verdict(1, trust('', { policy: 'accept-new' })), 'new')
  assert.is(verdict(1, trust(line('web1', 2), { policy: 'accept-new' })), 'host-key-changed')
  assert.is(verdict(1, trust(`${line('web1', 1)}\n@revoked ${line('*', 1)}`)), 'host-key-revoked')
  assert.is(verdict(1, trust('', { certified: key(1) })), 'known')
  assert.is(verdict(1, trust('', { certified: key(2), policy: 'strict' })), 'host-key-unknown')
})

test('another type of key than the known one counts as changed: the known one was asked for first', () => {
  assert.is(verdict(1, trust(line('web1', 1, 'ssh-rsa'), { policy: 'accept-new' })), 'host-key-changed')
  assert.equal(hostKeyAlgorithms(trust(line('web1', 1, 'ssh-rsa'))).slice(0, 4), [
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-rsa',
    'ssh-ed25519',
  ])
  assert.is(hostKeyAlgorithms(trust('')).at(0), 'ssh-ed25519')
  assert.equal(hostKeyAlgorithms(trust('', { certified: key(1) })), ['ssh-ed25519'])
})

test('a host on another port is asked for the key of its plain name first', () => {
  const plain = trust(line('web1', 1, 'ecdsa-sha2-nistp256'), { port: 2222 })
  assert.is(hostKeyAlgorithms(plain)[0], 'ecdsa-sha2-nistp256')
  assert.is(verdict(1, plain, 'ecdsa-sha2-nistp256'), 'known')
  assert.is(verdict(2, plain, 'ecdsa-sha2-nistp256'), 'host-key-unknown')
})

test('adds lines to a file that others add to as well, and makes it private', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'connect-known-'))
  const file = join(folder, '.ssh', 'known_hosts')
  await Promise.all(Array.from({ length: 20 }, (_, index) => recordKnownHost(file, line(`web${index}`))))
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.is(statSync(join(folder, '.ssh')).mode & 0o777, 0o700)
  assert.is(readKnownHosts([file, join(folder, 'none')]).length, 20)
  writeFileSync(file, 'no newline at the end')
  await recordKnownHost(file, line('web1'))
  assert.is(readFileSync(file, 'utf8'), `no newline at the end\n${line('web1')}\n`)
  const blocked = join(file, 'not-a-folder')
  const code = await recordKnownHost(blocked, 'x').catch((error) => error.code)
  assert.is(code, 'known-hosts-unwritable')
  rmSync(folder, { recursive: true })
})

test.run()

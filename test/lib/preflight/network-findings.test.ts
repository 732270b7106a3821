import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseImage } from '../../../lib/containers/reference.ts'
import { problem } from '../../../lib/core/diagnostic.ts'
import { accepting, caution } from '../../../lib/preflight/findings.ts'
import {
  acmeFindings,
  collectorFindings,
  nameFindings,
  registryFindings,
} from '../../../lib/preflight/network-findings.ts'
import { addressOf, isPinned, registryOf } from '../../../lib/preflight/places.ts'
import type { Diagnostic } from '../../../lib/task.ts'

const test = suite('lib/preflight/network-findings')

const said = (found: readonly Diagnostic[]): string => found.map((one) => `${one.severity} ${one.code}`).join(', ')
const yes = { ok: true, code: 0, text: '', errors: '' }
const no = { ok: false, code: 1, text: '', errors: 'no answer within 10 s' }
const unable = { ...no, code: -1, unavailable: problem('forwarding-refused', 'the server does not forward') }
const place = { host: 'registry.example.org', port: 443 }
const somewhere = ['192.0.2.1']

const names: readonly (readonly [string, string, readonly string[], readonly string[] | undefined, string])[] = [
  ['known to both', 'chat.example.org', somewhere, somewhere, ''],
  ['known to none', 'chat.example.org', [], [], 'error name-unknown'],
  ['unknown on the host', 'chat.example.org', [], somewhere, 'warning name-unknown-there'],
  ['unknown here', 'chat.example.org', somewhere, [], 'warning name-unknown-here'],
  ['known there, not asked here', 'chat.example.org', somewhere, undefined, ''],
  ['an address', '192.0.2.9', [], [], ''],
  ['an IPv6 address', '[2001:db8::1]', [], [], ''],
]
for (const [title, name, there, here, expected] of names)
  test(`a name ${title}: ${expected || 'fine'}`, () => assert.is(said(nameFindings(name, there, here)), expected))

test('a registry must be reached; one that could not be tried is no reason to refuse', () => {
  assert.is(said(registryFindings([{ ...place, answer: yes }])), '')
  assert.is(said(registryFindings([{ ...place, answer: unable }])), 'warning registry-unknown')
  const [found] = registryFindings([{ ...place, answer: no }])
  assert.is(said(found ? [found] : []), 'error registry-unreachable')
  assert.match(found?.detail ?? '', 'no answer within 10 s')
})

test('the collector must be reached by a fresh server; one that runs has days', () => {
  assert.is(said(collectorFindings({ ...place, answer: yes }, true)), '')
  assert.is(said(collectorFindings({ ...place, answer: no }, true)), 'error collector-unreachable')
  assert.is(said(collectorFindings({ ...place, answer: no }, false)), 'warning collector-unreachable')
  assert.is(said(collectorFindings({ ...place, answer: unable }, true)), 'warning collector-unknown')
})

test('the authority must be reached by a fresh server; one that runs has a certificate for a while', () => {
  assert.is(said(acmeFindings({ ...place, answer: yes }, true)), '')
  assert.is(said(acmeFindings({ ...place, answer: no }, true)), 'error acme-unreachable')
  assert.is(said(acmeFindings({ ...place, answer: no }, false)), 'warning acme-unreachable')
  assert.is(said(acmeFindings({ ...place, answer: unable }, true)), 'warning acme-unknown')
})

test('accepted refusals become warnings, the others stay', () => {
  const all = [problem('port-taken', 'a'), problem('name-unknown', 'b'), caution('disk-tight', 'c')]
  assert.is(said(accepting(all, ['name-unknown'])), 'error port-taken, warning name-unknown, warning disk-tight')
})

const registries: readonly (readonly [string, string])[] = [
  ['mongo:8.0', 'registry-1.docker.io:443'],
  ['docker.io/library/mongo:8.0', 'registry-1.docker.io:443'],
  ['example/mongo:8.0', 'registry-1.docker.io:443'],
  ['registry.rocket.chat/rocketchat/rocket.chat:8.6.1', 'registry.rocket.chat:443'],
  ['registry.example.org:5000/mongo:8.0', 'registry.example.org:5000'],
  ['localhost:5000/mongo:8.0', 'localhost:5000'],
]
for (const [image, expected] of registries)
  test(`${image} comes from ${expected}`, () => {
    const { host, port } = registryOf(image)
    assert.is(`${host}:${port}`, expected)
  })

test('proxies and mirrors are written in several ways', () => {
  assert.equal(addressOf('http://user:x@proxy.example.org:3128/', 80), { host: 'proxy.example.org', port: 3128 })
  assert.equal(addressOf('https://mirror.example.org', 80), { host: 'mirror.example.org', port: 443 })
  assert.equal(addressOf('proxy.example.org', 3128), { host: 'proxy.example.org', port: 3128 })
  assert.equal(addressOf('proxy.example.org:8080', 3128), { host: 'proxy.example.org', port: 8080 })
})

test('an image is pinned by a tag that is not latest, or by a digest', () => {
  const digest = `mongo@sha256:${'ab'.repeat(32)}`
  assert.equal(
    ['mongo', 'mongo:latest', 'mongo:8.0.17', digest, 'localhost:5000/mongo'].map((one) => isPinned(parseImage(one))),
    [false, false, true, true, false],
  )
})

test.run()

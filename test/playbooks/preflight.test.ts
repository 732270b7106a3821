import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Faults, Spec } from '../../lib/sandbox/machine/spec.ts'
import { rehearsal } from '../fakes/rehearsal.ts'
import { type Ran, runWords } from '../fakes/run-words.ts'

const test = suite('playbooks/preflight')

async function look(
  spec: Partial<Spec> = {},
  faults: Faults = {},
  vars: { readonly [name: string]: unknown } = {},
  words: readonly string[] = [],
): Promise<Ran> {
  const { inventory, host, remove } = await rehearsal(spec, faults, vars)
  try {
    const ran = await runWords('preflight.yml', ['--inventory', inventory, ...words])
    assert.equal(host.writes, { shell: 0, docker: 0, api: 0 }, 'nothing was written')
    return ran
  } finally {
    await remove()
  }
}

const said = ({ code, findings }: Ran): string =>
  `${code}: ${findings.map((one) => `${one.severity} ${one.code}`).join(', ')}`

/** A label of more than 63 letters: no resolver asks anybody about it. */
const unknowable = `${'x'.repeat(70)}.example.org`

const other = { ID: 'rocky', VERSION_ID: '9.4', PRETTY_NAME: 'Rocky Linux 9.4 (Blue Onyx)' }
const table: readonly (readonly [
  title: string,
  expected: string,
  Partial<Spec>?,
  Faults?,
  { readonly [name: string]: unknown }?,
])[] = [
  ['a fresh machine', '0: '],
  ['an ARM machine', '0: ', { architecture: 'arm64' }],
  ['no AVX', '1: error processor-too-old', { avx: false }],
  ['another system', '1: error system-unsupported', { osRelease: other }],
  ['little memory', '1: error memory-short', { memoryMiB: 1024 }],
  ['memory below the limits of the containers', '0: warning memory-below-limits', { memoryMiB: 2048 }],
  ['a small disk', '1: error disk-short', { diskGiB: 6 }],
  ['one processor', '0: warning processors-few', { cpus: 1 }],
  ['a program on the port', '1: error port-taken', {}, { listening: { 3000: 'node' } }],
  ['another web server', '1: error port-taken, error port-taken', {}, { listening: { 80: 'nginx', 443: 'nginx' } }],
  [
    'another web server that is the proxy',
    '0: ',
    {},
    { listening: { 80: 'nginx', 443: 'nginx' } },
    { rocketchat_certificate: 'external' },
  ],
  ['the port of the API elsewhere', '0: ', {}, { listening: { 3000: 'node' } }, { rocketchat_api_port: 3001 }],
  ['no registry', '1: error registry-unreachable', {}, { unreachable: ['registry.rocket.chat'] }],
  ['no collector', '1: error collector-unreachable', {}, { unreachable: ['collector.rocket.chat'] }],
  ['no collector, but a licence', '0: ', {}, { unreachable: ['collector.rocket.chat'] }, { rocketchat_licensed: true }],
  [
    'no way to the authority that gives out certificates',
    '1: error acme-unreachable',
    {},
    { unreachable: ['acme.example.org'] },
    { rocketchat_certificate: 'acme', rocketchat_acme_directory: 'https://acme.example.org:14000/dir' },
  ],
  [
    'no way to an authority that nobody asks',
    '0: ',
    {},
    { unreachable: ['acme.example.org'] },
    { rocketchat_certificate: 'internal', rocketchat_acme_directory: 'https://acme.example.org:14000/dir' },
  ],
  [
    'no collector, Rocket.Chat 6',
    '0: ',
    {},
    { unreachable: ['collector.rocket.chat'] },
    { rocketchat_version: '6.13.0', mongodb_version: '6.0.20' },
  ],
  [
    'no collector, accepted',
    '0: warning collector-unreachable',
    {},
    { unreachable: ['collector.rocket.chat'] },
    { preflight_accept: ['collector-unreachable'] },
  ],
  [
    'archives instead of registries',
    '0: ',
    {},
    { unreachable: ['registry.rocket.chat', 'registry-1.docker.io'] },
    { rocketchat_image_archive: 'a.tar', mongodb_image_archive: 'b.tar', caddy_image_archive: 'c.tar' },
  ],
  [
    'a proxy is the way out',
    '1: error registry-unreachable, error collector-unreachable',
    {},
    { unreachable: ['proxy.example.org'] },
    { docker_proxy: 'http://proxy.example.org:3128' },
  ],
  ['Rocket.Chat 8.5', '1: error version-refused', {}, {}, { rocketchat_version: '8.5.2' }],
  ['MongoDB 7', '1: error versions-unsupported', {}, {}, { mongodb_version: '7.0.12' }],
  ['an image without a tag', '2: error image-not-pinned', {}, {}, { mongodb_image: 'mongo' }],
  ['the image latest', '2: error image-not-pinned', {}, {}, { rocketchat_image: 'example/rocket.chat:latest' }],
  ['accepting what is none', '2: error wrong-argument', {}, {}, { preflight_accept: ['everything'] }],
]
for (const [title, expected, spec, faults, vars] of table)
  test(`${title}: ${expected}`, async () => assert.is(said(await look(spec, faults, vars)), expected))

test('all refusals come in one report with their mends, in check mode too', async () => {
  const words = ['--check']
  const ran = await look(
    { avx: false, osRelease: other, memoryMiB: 1024, diskGiB: 6, cpus: 1 },
    { listening: { 3000: 'nginx' }, unreachable: ['*'] },
    { mongodb_version: '7.0.12', rocketchat_url: `https://${unknowable}` },
    words,
  )
  assert.is(ran.code, 1)
  assert.equal(
    ran.findings.map((one) => one.code),
    [
      'system-unsupported',
      'processor-too-old',
      'memory-short',
      'disk-short',
      'versions-unsupported',
      'port-taken',
      'name-unknown',
      'registry-unreachable',
      'registry-unreachable',
      'collector-unreachable',
      'processors-few',
    ],
  )
  for (const one of ran.findings) {
    assert.ok((one.mend ?? '').length > 10, one.code)
    const ofVariable = ['versions-unsupported', 'name-unknown'].includes(one.code)
    assert.match(one.at?.file ?? '', ofVariable ? 'hosts.yml' : 'preflight.yml')
    if (ofVariable) assert.match(one.detail ?? '', /used at .*preflight\.yml:/)
  }
  const text = ran.findings.map((one) => `${one.message}\n${one.detail ?? ''}`).join('\n')
  assert.match(text, 'Rocky Linux 9.4 (Blue Onyx) is not supported')
  assert.match(text, 'the program nginx')
  assert.match(text, '8.0 and later 8.x')
})

test.run()

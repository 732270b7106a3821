import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasChanged } from '../../../lib/debian/apt-get.ts'
import { isPackageSpec, matchesVersion, parsePackage } from '../../../lib/debian/package-names.ts'
import { installedFor, isThere, packagesScript, readPackages } from '../../../lib/debian/packages.ts'
import { answer } from '../../fakes/io.ts'
import { localShell } from '../../fakes/local-shell.ts'

const test = suite('lib/debian/packages')

const host = readPackages(
  answer(`dpkg
1700003600
1700000000
==
==
ii |curl|7.88.1-10+deb12u8|
hi |linux-image-amd64:amd64|6.1.1|linux-image-generic, wireguard-modules (= 1.0.0)
rc |nano:amd64|7.2-1|editor
un |vim||
==
curl:
  Installed: 7.88.1-10+deb12u8
  Candidate: 7.88.1-10+deb12u9
nosuch:
  Installed: (none)
  Candidate: (none)
==
Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])
`),
)

test('reads what dpkg and apt say', () => {
  assert.ok(host.dpkg)
  assert.is(host.listsAge, 3600)
  assert.equal(
    host.installed.map((one) => [one.name, one.status]),
    [
      ['curl', 'installed'],
      ['linux-image-amd64', 'installed'],
      ['nano', 'config-files'],
    ],
  )
  assert.equal([...host.candidates], [['curl', '7.88.1-10+deb12u9']])
  assert.is(host.simulated.length, 1)
})

const there: readonly (readonly [string, boolean])[] = [
  ['curl', true],
  ['curl=7.88.*', true],
  ['curl=7.87.*', false],
  ['curl=7.88.1-10+deb12u8', true],
  ['linux-image-amd64:amd64', true],
  ['linux-image-amd64:arm64', false],
  ['wireguard-modules', true],
  ['nano', false],
  ['vim', false],
  ['wget', false],
]
for (const [spec, expected] of there)
  test(`${spec} is ${expected ? '' : 'not '}there`, () => assert.is(isThere(parsePackage(spec), host), expected))

test('a name that another package provides is told apart', () => {
  assert.is(installedFor(parsePackage('wireguard-modules'), host)?.name, 'linux-image-amd64')
})

test('what apt-get can be given', () => {
  for (const spec of ['curl', 'g++', 'libc6:i386', 'a=1:2.3~rc1-4+b1', 'a=1.*']) assert.ok(isPackageSpec(spec), spec)
  for (const spec of ['apt*', '-o', 'a b', '', 'a;b']) assert.not(isPackageSpec(spec), spec)
  assert.ok(matchesVersion('1.2+x', '1.2+?'))
  assert.not(matchesVersion('1x2', '1.2'))
})

test("apt-get's own count tells whether anything changed", () => {
  assert.not(hasChanged('0 upgraded, 0 newly installed, 0 to remove and 3 not upgraded.\n'))
  assert.ok(hasChanged('x\n1 upgraded, 0 newly installed, 0 to remove and 3 not upgraded.\n'))
  assert.ok(hasChanged('0 upgraded, 0 newly installed, 1 downgraded, 0 to remove and 3 not upgraded.\n'))
  assert.not(hasChanged('E: something'))
})

test('the question works on any host', async () => {
  const world = await localShell()
  try {
    const [found] = await world.ask([
      { on: 'shell', script: packagesScript({ names: ['dpkg', 'no-such-package'], listsAge: true }) },
    ])
    assert.is(found?.code, 0, found?.errors)
    const packages = readPackages(found)
    if (packages.dpkg) assert.ok(isThere(parsePackage('dpkg'), packages))
    assert.not(isThere(parsePackage('no-such-package'), packages))
  } finally {
    await world.remove()
  }
})

test.run()

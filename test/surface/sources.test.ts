import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'

const test = suite('surface/sources')

const sources = ['lib', 'tasks', 'playbooks', 'scripts'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name: path.join(folder, name), text: readFileSync(path.join(root, folder, name), 'utf8') })),
)

function filesWith(pattern: RegExp): readonly string[] {
  return sources
    .filter(({ name, text }) => !name.startsWith('lib/sandbox/') && pattern.test(text))
    .map(({ name }) => name)
    .sort()
}

/** Those that look at a certificate to say what is wrong with it, and send nothing. */
const lookers = ['lib/observe/certificate.ts', 'lib/observe/handshake.ts', 'lib/observe/tls.ts']

test('certificates are verified, but where a task asks for it by validate_certs', () => {
  assert.equal(filesWith(/rejectUnauthorized: false/), lookers)
  assert.equal(filesWith(/rejectUnauthorized/), [...lookers, 'lib/net/open.ts', 'lib/observe/streams.ts'].sort())
  assert.equal(filesWith(/NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity|allowPartialTrustChain/), [])
})

test('no text becomes a program of ours', () => {
  assert.equal(filesWith(/\beval\(|new Function\(|node:repl|runInThisContext|runInNewContext/), [])
  // One bounds a search, the other compiles a script for its mistakes and never runs it.
  assert.equal(filesWith(/node:vm/), ['lib/core/bounded-regex.ts', 'lib/rocketchat/setting-traps.ts'])
  assert.equal(filesWith(/runIn\w*Context/), ['lib/core/bounded-regex.ts'])
})

test('processes of this machine are started in the known places alone', () => {
  assert.equal(filesWith(/node:child_process|from 'execa'/), [
    'lib/connect/local.ts',
    'lib/inventory-programs.ts',
    'lib/lookups.ts',
    'lib/processes/alive.ts',
    'lib/record/origin.ts',
    'lib/secrets/commands.ts',
    'lib/tend-vault.ts',
    'scripts/bench-install.ts',
    'scripts/test.ts',
  ])
})

test('connections are opened in the known places alone', () => {
  const places = filesWith(/from 'node:(net|tls|http|https|http2|dgram|dns)(\/promises)?'|\bfetch\(|new WebSocket\(/)
  assert.equal(
    places.filter((name) => !/^lib\/(connect|observe|net|rocketchat)\//.test(name)),
    [],
  )
})

interface Locked {
  readonly version: string
  readonly dev?: boolean
  readonly hasInstallScript?: boolean
  readonly resolved?: string
  readonly integrity?: string
}

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly dependencies: { readonly [name: string]: string }
  readonly devDependencies: { readonly [name: string]: string }
  readonly allowScripts: { readonly [name: string]: boolean }
}
const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: { readonly [place: string]: Locked }
}
const locked = Object.entries(packages).filter(([place]) => place !== '')

test('packages are pinned exactly, and locked with the sums of their content', () => {
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/.test(version),
  )
  assert.equal(loose, [])
  assert.equal(
    locked.filter(([, one]) => one.integrity === undefined).map(([place]) => place),
    [],
  )
})

test('no package of a run needs a script at its installation', () => {
  const scripted = locked.filter(([, one]) => one.hasInstallScript === true)
  const names = scripted.map(([place]) => place.replace(/^.*node_modules\//, ''))
  for (const name of names) assert.ok(name in manifest.allowScripts, `nobody has decided about the script of ${name}`)
  const allowed = scripted.filter(([place]) => manifest.allowScripts[place.replace(/^.*node_modules\//, '')] === true)
  assert.equal(
    allowed.map(([place, { dev }]) => `${place}${dev ? ' (development)' : ''}`),
    ['node_modules/node (development)'],
  )
})

test.run()

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../lib/root.ts'

const test = suite('architecture')

interface SourceFile {
  /** Relative to the project. */
  readonly name: string
  readonly text: string
  /** Without comments, for searches that prose must not set off. */
  readonly code: string
  /** Package names and paths relative to the project. */
  readonly imports: readonly string[]
}

const folders = ['lib', 'tasks', 'playbooks', 'scripts', 'test']
const files = folders.flatMap((folder) => read(path.join(root, folder)))
const of = (...prefixes: string[]) => files.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)))

function read(folder: string): SourceFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'recordings' ? [] : read(full)
    if (!entry.name.endsWith('.ts')) return []
    const text = readFileSync(full, 'utf8')
    const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
    const named = [
      ...code.matchAll(/^(?:import|export)\s[^'"`;]*?from '([^'\n]+)'|^import '([^'\n]+)'|\bimport\('([^'\n]+)'\)/gm),
    ].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    const imports = named
      .filter((one) => !one.includes('${'))
      .map((one) => (one.startsWith('.') ? path.relative(root, path.resolve(folder, one)) : one))
    return [{ name: path.relative(root, full), text, code, imports }]
  })
}

/** The folder of lib a file belongs to; files right in lib are the composition and may import everything. */
const part = (name: string): string =>
  /^lib\/([\w-]+)\//.exec(name)?.[1] ?? (name.startsWith('lib/') ? 'lib' : (name.split('/')[0] ?? ''))

const allowed: { readonly [folder: string]: readonly string[] } = {
  core: [],
  load: ['core'],
  engine: ['core', 'load'],
  connect: ['core'],
  rocketchat: ['core'],
  secrets: ['core'],
  observe: ['core'],
  lock: ['core'],
  schema: ['core', 'load', 'rocketchat'],
  lint: ['core', 'load'],
  why: ['core', 'load', 'engine'],
  inventory: ['core'],
  net: ['core'],
  web: ['core', 'posix'],
  vault: ['core', 'load', 'secrets'],
  report: ['core'],
  processes: [],
  record: ['core', 'processes'],
  sandbox: ['core', 'processes', 'rocketchat'],
  posix: ['core'],
  mongodb: ['core'],
  containers: ['core', 'posix'],
  debian: ['core', 'posix'],
  status: ['core', 'containers', 'mongodb', 'rocketchat'],
  tls: ['core', 'containers', 'rocketchat'],
  preflight: ['core', 'containers', 'rocketchat'],
  tasks: ['debian', 'posix', 'mongodb', 'containers', 'rocketchat', 'preflight', 'status', 'web', 'tls'],
}

test('imports go the allowed way only', () => {
  const wrong = of('lib/', 'tasks/').flatMap(({ name, imports }) => {
    const own = part(name)
    const may = allowed[own]
    if (may === undefined) return own === 'lib' ? [] : [`${name}: the folder ${own} has no rule`]
    return imports
      .filter((one) => /^(lib|tasks|playbooks|scripts|test)\//.test(one))
      .filter((one) => one !== 'lib/task.ts' && part(one) !== own && !may.includes(part(one)))
      .map((one) => `${name} imports ${one}`)
  })
  assert.equal(wrong, [])
})

test('the nouns and the task modules do no input or output and read no clock', () => {
  const modules =
    /^node:(fs|net|http|https|http2|tls|dgram|dns|child_process|process|worker_threads|readline|os|timers)/
  const wrong = of(
    'lib/core/',
    'tasks/',
    'lib/posix/',
    'lib/mongodb/',
    'lib/containers/',
    'lib/debian/',
    'lib/web/',
    'lib/preflight/',
    'lib/tls/',
  ).flatMap(({ name, code, imports }) => [
    ...imports.filter((one) => modules.test(one)).map((one) => `${name} imports ${one}`),
    ...[...code.matchAll(/\bprocess\.\w+|\bDate\.now\b|\bnew Date\(\)|\bfetch\(|\bsetTimeout\b/g)].map(
      (match) => `${name} uses ${match[0]}`,
    ),
  ])
  assert.equal(wrong, [])
})

test('a text that is shown is cut with a mark, so that the redactor sees a secret that is cut in two', () => {
  const cut = [
    /\bdetail\b[^;\n]*\b(?:text|said|lines|stderr)\b[^;\n]*\.(?:slice|substring)\(.*/g,
    /(?:: |return |said = ?.*)(?:\w+\.)*\b(?:text|said)\b[^;\n]*\.slice\((?:0, (?:\d{2,}|most)|-\d{2}).*/g,
  ]
  const wrong = of('lib/', 'tasks/')
    .filter(({ name }) => name !== 'lib/core/text.ts' && !name.startsWith('lib/sandbox/'))
    .flatMap(({ name, code }) => cut.flatMap((one) => [...code.matchAll(one)].map(([found]) => `${name}: ${found}`)))
  assert.equal(
    wrong.filter((one) => !one.includes('toISOString') && !one.includes('`')),
    [],
  )
})

const homes: { readonly [pack: string]: RegExp } = {
  'age-encryption': /^lib\/secrets\/age[\w-]*\.ts$|^test\//,
  ssh2: /^lib\/connect\/ssh[\w-]*\.ts$|^lib\/connect\/certificate-probe\.ts$|^lib\/sandbox\/machine\/|^test\//,
  dockerode: /^lib\/connect\/docker[\w-]*\.ts$|^test\//,
  undici: /^lib\/rocketchat\/http\.ts$|^test\//,
  yaml: /^lib\/load\/yaml[\w-]*\.ts$|^test\//,
  execa: /^lib\/connect\/local[\w-]*\.ts$|^test\//,
  zx: /^(playbooks|scripts)\//,
  uvu: /^test\//,
  'uvu/assert': /^test\//,
  zod: /^lib\/core\/schema\.ts$|^lib\/load\/(arg|module-schema)/,
  diff: /^lib\/report\/diff\.ts$/,
  'ipaddr.js': /^lib\/load\/filters\/packages\.ts$/,
  '@jmespath-community/jmespath': /^lib\/load\/filters\/packages\.ts$/,
  'playwright-core': /^test\/e2e\//,
}

test('a package is imported in its home alone', () => {
  const wrong = files.flatMap(({ name, imports }) =>
    imports
      .filter((one) => !/^(node:|lib\/|tasks\/|playbooks\/|scripts\/|test\/|package\.json)/.test(one))
      .filter((one) => {
        const pack = one.startsWith('uvu')
          ? one
          : one.startsWith('@')
            ? one.split('/').slice(0, 2).join('/')
            : (one.split('/')[0] ?? '')
        return !homes[pack]?.test(name)
      })
      .map((one) => `${name} imports ${one}`),
  )
  assert.equal(wrong, [])
})

test('only reports and prompts write to the terminal, only the entry reads arguments and environment', () => {
  const wrong = of('lib/', 'tasks/').flatMap(({ name, code }) => [
    ...(/^lib\/(report\/|secrets\/prompt\.ts)/.test(name)
      ? []
      : [...code.matchAll(/process\.(stdout|stderr)\.write|console\.\w+/g)].map((match) => `${name}: ${match[0]}`)),
    ...(name === 'lib/cli.ts'
      ? []
      : [...code.matchAll(/process\.(argv|env)\b/g)].map((match) => `${name}: ${match[0]}`)),
  ])
  assert.equal(wrong, [])
})

test('the engine names no task', () => {
  const wrong = of('lib/engine/').filter(
    ({ code }) => /moduleName\s*[!=]==?/.test(code) || /case '(command|setup|copy|template|set_fact|debug)'/.test(code),
  )
  assert.equal(
    wrong.map(({ name }) => name),
    [],
  )
})

/** Whoever reveals a secret: the wires, the store, and what compares or derives without showing. */
const revealers = [
  'lib/core/script.ts',
  'lib/core/secret.ts',
  'lib/core/text.ts',
  'lib/load/source.ts',
  'lib/load/yaml.ts',
  'lib/secrets/age.ts',
  'lib/secrets/ansible-vault.ts',
  'lib/secrets/file-store.ts',
  'lib/secrets/identities.ts',
  'lib/secrets/password-file.ts',
  'lib/secrets/vault.ts',
  'lib/vault/convert.ts',
  'lib/vault/edit.ts',
  'lib/vault/init.ts',
  'lib/vault/values.ts',
  'lib/show-tokens.ts',
]

test('secrets are revealed in the known places alone', () => {
  const found = of('lib/', 'tasks/', 'scripts/')
    .filter(
      ({ name }) =>
        !name.startsWith('lib/connect/') &&
        !name.startsWith('lib/rocketchat/') &&
        !name.startsWith('lib/load/template') &&
        !name.startsWith('lib/load/filters/'),
    )
    .filter(({ code }) => /\.reveal\(\)/.test(code) || /\breveal\(/.test(code))
    .map(({ name }) => name)
  assert.equal(
    found.filter((name) => !revealers.includes(name)),
    [],
  )
})

test('no module leads back to itself through its imports', () => {
  const graph = new Map(
    of('lib/', 'tasks/').map(({ name, code, imports }) => [
      name,
      imports.filter((one) => !isTypeOnly(code, name, one)),
    ]),
  )
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (name: string, chain: readonly string[]): void => {
    if (chain.includes(name)) {
      cycles.push([...chain.slice(chain.indexOf(name)), name].join(' → '))
      return
    }
    if (done.has(name)) return
    for (const next of graph.get(name) ?? []) visit(next, [...chain, name])
    done.add(name)
  }
  for (const name of graph.keys()) visit(name, [])
  assert.equal(cycles, [])
})

function isTypeOnly(code: string, name: string, target: string): boolean {
  const relative = path.relative(path.dirname(name), target)
  const written = relative.startsWith('.') ? relative : `./${relative}`
  const lines = [...code.matchAll(/(import|export)\s+(type\s+)?[^'"]*?from\s*'([^']+)'/g)].filter(
    (match) => match[3] === written,
  )
  const dynamic = code.includes(`import(${JSON.stringify(written).replaceAll('"', "'")})`)
  return dynamic || (lines.length > 0 && lines.every((match) => match[2] !== undefined))
}

test('what is loaded when it is needed is the file that its type names', () => {
  const wrong = of('lib/').flatMap(({ name, code }) =>
    [...code.matchAll(/whenNeeded<typeof import\('([^']+)'\)>\(\s*'([^']+)',\s*import\.meta\.url,?\s*\)/g)]
      .filter((match) => match[1] !== match[2])
      .map((match) => `${name}: ${match[1]} and ${match[2]}`),
  )
  assert.equal(wrong, [])
  const all = of('lib/').filter(({ name }) => name !== 'lib/core/when-needed.ts')
  const count = (pattern: RegExp) => all.reduce((sum, { code }) => sum + [...code.matchAll(pattern)].length, 0)
  assert.is(count(/whenNeeded</g), count(/whenNeeded<typeof import\('([^']+)'\)>\(\s*'\1',\s*import\.meta\.url/g))
})

test('every test file runs its suite', () => {
  const wrong = files.filter(({ name }) => name.endsWith('.test.ts')).filter(({ text }) => !/\.run\(\)/.test(text))
  assert.equal(
    wrong.map(({ name }) => name),
    [],
  )
})

test.run()

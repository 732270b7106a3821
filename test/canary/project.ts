import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { makeIdentity } from '../../lib/secrets/age.ts'
import { rehearsal } from '../fakes/rehearsal.ts'
import { type Web, web } from '../fakes/web.ts'
import { type Planted, plant } from './planted.ts'
import { fileTraces, type How, type Ran, recordTraces, runCanary } from './run.ts'
import { every, type Scenario, usual } from './scenarios.ts'
import type { Trace } from './search.ts'
import { random } from './secrets.ts'

/** A planted project, a machine and a web server to run scenarios on. */
export interface Project {
  readonly planted: Planted
  /** The folder that plays `/` of the machine. */
  readonly machineRoot: string
  /** Whether a file of the project, or of the machine, is one that secrets belong in. */
  isHome(relative: string): boolean
  isHomeOnHost(relative: string): boolean
  /** The text with `OUT` and `WEB` filled in. */
  filled(text: string): string
  /** Runs a scenario and gives what it left anywhere but where a secret belongs. */
  run(scenario: Scenario, how?: Partial<How>): Promise<Ran>
  remove(): Promise<void>
}

/** Where secrets may be on this machine and on the rehearsed one: what tasks were told to write, and what holds the keys. */
const homes = /^(out|outside|\.keys)(\/|$)|^site\.yml$|^inventory\/host_vars\/chat/
const hostHomes = /^srv\/(stopped-)?secret(\/|$)/

/** Starts a machine and a web server, and plants. Everything temporary is made below its folder. */
export async function canaryProject(): Promise<Project> {
  const before = { TMPDIR: process.env.TMPDIR, cwd: process.cwd() }
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'canary-')))
  const sudoPassword = `${random(16)} &'"`
  const at = await rehearsal({ user: 'deploy', sudoPassword })
  const server = await echoing()
  const planted = await plant(folder, at.host, sudoPassword)
  const other = await makeIdentity()
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  const temporary = path.join(folder, 'tmp')
  mkdirSync(temporary)
  process.env.TMPDIR = temporary
  write('templates/secrets.j2', every.map((name) => `${name} = {{ ${name} }}\n`).join(''))
  write('templates/broken.j2', 'fine\n{{ age_long }}\n{{ age_quotes | from_json }}\n')
  write('templates/unclosed.j2', '{{ age_long }}\n{% if age_quotes %}\n{{ age_pem\n')
  write('vars/mistaken.yml', `good: "{{ age_long }}"\nbad: [1, 2\nother: {{ age_quotes }}\n`)
  const wrongIdentity = write('.keys/other.txt', `${other.identity.reveal()}\n`)
  const wrongPassword = write('.keys/other-password', `${random(12)}\n`)
  const memory = () => new Set(readdirSync('/dev/shm'))
  const inMemory = memory()
  const filled = (text: string) => text.replaceAll('OUT', path.join(folder, 'out')).replaceAll('WEB', server.url)
  mkdirSync(path.join(folder, 'out'))

  return {
    planted,
    machineRoot: at.host.machine.root,
    isHome: (relative) => homes.test(relative),
    isHomeOnHost: (relative) => hostHomes.test(relative),
    filled,
    async run(scenario, how = {}) {
      const { hosts = 'here', faults = {}, onEvent } = scenario
      const steps = filled(scenario.tasks.trim()).replaceAll(/^/gm, '    ')
      const settings = filled(mergePlay(scenario.play)).replaceAll(/^/gm, '  ')
      const head = `- name: Canary\n  hosts: ${hosts}\n  gather_facts: false\n`
      const file = write('site.yml', `${head}${settings}\n  tasks:\n${steps}\n`)
      rmSync(path.join(folder, 'inventory/runs'), { recursive: true, force: true })
      const given = Object.entries(scenario.env ?? {}).map(([name, value]) => [
        name,
        value === 'IDENTITY' ? planted.secrets.age_identity : value === 'PASSPHRASE' ? random(20) : value,
      ])
      const extra = (scenario.words ?? []).map((word) =>
        word === 'OTHER' ? wrongIdentity : word === 'OTHER-PASSWORD' ? wrongPassword : word,
      )
      const known = planted.words.filter((_, index, all) => {
        const flag = /^--(identity|vault)/.test(all[index] ?? '') ? all[index] : all[index - 1]
        return !extra.includes(flag ?? '')
      })
      const { commands, faults: onMachine } = at.host.machine
      const { cutAfterCommand: after } = faults
      Object.assign(onMachine, faults, after !== undefined && { cutAfterCommand: commands + after })
      process.chdir(folder)
      try {
        const ran = await runCanary([file, ...known, ...extra], {
          env: { ...planted.env, ...Object.fromEntries(given) },
          ...(onEvent && { onEvent }),
          ...how,
        })
        const fresh = [...memory()].filter((name) => !inMemory.has(name))
        const left = fresh.map((name): Trace => ({ place: `/dev/shm/${name}`, text: textOf(`/dev/shm/${name}`) }))
        const traces = [
          ...ran.traces,
          ...recordTraces(path.join(folder, 'inventory/runs')),
          ...fileTraces(folder, (name) => homes.test(name)),
          ...fileTraces(at.host.machine.root, (name) => hostHomes.test(name)),
          ...left,
        ]
        return { ...ran, traces }
      } finally {
        for (const name of Object.keys(faults)) delete (onMachine as Record<string, unknown>)[name]
        process.chdir(before.cwd)
      }
    },
    async remove() {
      if (before.TMPDIR === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before.TMPDIR
      await server.close()
      await at.remove()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The variables of every play, and its own. */
function mergePlay(own: string | undefined): string {
  if (own === undefined) return usual
  const vars = /^vars: \{(.*)\}$/m.exec(own)?.[1]
  if (vars !== undefined)
    return usual.replace(
      /^vars:\n/m,
      `vars:\n${vars
        .split(/, (?=ansible_)/)
        .map((one) => `  ${one.trim()}\n`)
        .join('')}`,
    )
  const files = /^vars_files: \[(.*)\]$/m.exec(own)?.[1]
  return files === undefined ? `${usual}${own}\n` : usual.replace('[vars/whole.yml]', `[vars/whole.yml, ${files}]`)
}

/** A server that says back all that it was sent, as badly written ones do. */
function echoing(): Promise<Web> {
  return web((request, body, response) => {
    const said = { url: request.url, headers: request.headers, body: parsed(body) }
    if (request.url === '/refuse') response.statusCode = 403
    response.setHeader('content-type', 'application/json')
    response.setHeader('x-echo', encodeURIComponent(String(request.headers.authorization ?? '')))
    return JSON.stringify(said)
  })
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** Other programs keep things there too, and take them away when they like. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

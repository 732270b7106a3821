import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '../../../lib/core/event.ts'
import { root } from '../../../lib/root.ts'
import type { Credentials } from './chat.ts'
import { command } from './command.ts'
import { caddyRelease } from './images.ts'
import type { Machine } from './machine.ts'

/** The name of the one host. */
export const host = 'chat.example.org'

/** A run of the entry script, and what it said as events. */
export interface Run {
  readonly code: number
  /** Tasks that changed something, in order. */
  readonly changed: readonly string[]
  /** Messages of what failed, with detail and mend. */
  readonly complaints: string
  readonly counts: Readonly<Record<string, number>>
  /** Everything that was printed. */
  readonly output: string
}

/** Sees an event of a run; `kill` ends the run with SIGKILL, and its exit code is then 137. */
export type OnEvent = (event: Event, kill: () => void) => void

/** A user's side: an inventory with the machine in it, and the commands of the README. */
export interface Site {
  readonly folder: string
  /** Rewrites the inventory: root, or deploy with sudo and its password. */
  signInAs(account: 'root' | 'deploy'): void
  /** Rewrites the variables of the inventory: these over those it was made with. */
  set(more: { readonly [name: string]: unknown }): void
  /** `npx zx playbooks/install.ts --inventory …` with more words; `onEvent` sees each event as it happens. */
  install(words?: readonly string[], onEvent?: OnEvent): Promise<Run>
  /** `npx zx playbooks/verify.ts --inventory …` with more words. */
  verify(words?: readonly string[]): Promise<Run>
  /** Runs a playbook of one's own, written here, against the machine. */
  play(plays: string): Promise<Run>
  /** What `scripts/token.ts` shows. */
  credentials(): Promise<Credentials>
  secrets(): Readonly<Record<string, string>>
  remove(): void
}

/** An inventory in a folder of its own, at first for root; `more` are variables over the usual ones. */
export function makeSite(machine: Machine, more: { readonly [name: string]: unknown } = {}): Site {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-inventory-'))
  const connection = (account: 'root' | 'deploy') => ({
    ansible_host: machine.address,
    ansible_port: machine.port,
    ansible_user: account,
    ansible_ssh_private_key_file: machine.key,
    ansible_ssh_known_hosts: machine.knownHosts,
    ...(account !== 'root' && { ansible_become: true, ansible_become_password: machine.password }),
  })
  const vars = {
    rocketchat_url: `https://${host}`,
    rocketchat_admin_email: 'chat@example.org',
    ametys_cms_url: 'https://cms.example.org',
    ametys_spaces_url: 'https://spaces.example.org',
    rocketchat_image: machine.images.rocketchat,
    mongodb_image: machine.images.mongodb,
    caddy_image: machine.images.caddy,
    caddy_version: caddyRelease,
    // Nothing here asks for the public address.
    rocketchat_certificate: 'external',
    // The name is nobody's, and nothing leads from here to the vendor.
    preflight_accept: ['name-unknown', 'collector-unreachable'],
    ...more,
  }
  // JSON is YAML.
  const signInAs = (account: 'root' | 'deploy') => {
    const hosts = { [host]: connection(account) }
    writeFileSync(join(folder, 'hosts.yml'), JSON.stringify({ all: { children: { rocketchat: { hosts } } } }))
  }
  signInAs('root')
  mkdirSync(join(folder, 'group_vars'))
  const set: Site['set'] = (changed) =>
    writeFileSync(join(folder, 'group_vars', 'rocketchat.yml'), JSON.stringify({ ...vars, ...changed }))
  set({})
  return {
    folder,
    signInAs,
    set,
    install: (words = [], onEvent = () => undefined) =>
      run(['zx', 'playbooks/install.ts', '--inventory', folder, '--output', 'json', ...words], onEvent),
    verify: (words = []) =>
      run(['zx', 'playbooks/verify.ts', '--inventory', folder, '--output', 'json', ...words], () => undefined),
    play: (plays) => {
      // Not into the folder: all that lies there is read as inventory.
      const file = `${folder}.yml`
      writeFileSync(file, plays)
      return run(['zx', 'playbooks/run.ts', file, '--inventory', folder, '--output', 'json'], () => undefined)
    },
    credentials: async () => {
      const shown = await command('npx', ['zx', 'scripts/token.ts', '--inventory', folder], { cwd: root })
      const word = (after: string) => new RegExp(`${after} +(\\S+)`).exec(shown)?.[1] ?? ''
      return { userId: word('user id'), token: word('token') }
    },
    secrets: () => JSON.parse(readFileSync(join(folder, 'secrets', `${host}.json`), 'utf8')) as Record<string, string>,
    remove: () => {
      rmSync(folder, { recursive: true })
      rmSync(`${folder}.yml`, { force: true })
    },
  }
}

/** No run of these takes longer than this, in milliseconds. */
const patience = 240_000

function run(words: readonly string[], onEvent: OnEvent): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn('npx', words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    // The whole group: npx has children of its own, which would keep the pipes open.
    const end = () => process.kill(-(child.pid ?? 0), 'SIGKILL')
    const timer = setTimeout(end, patience)
    let killed = false
    const kill = () => {
      if (!killed) end()
      killed = true
    }
    const events: Event[] = []
    let output = ''
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (!line.startsWith('{')) continue
        const event = JSON.parse(line) as Event
        events.push(event)
        onEvent(event, kill)
      }
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (code === null && !killed)
        return reject(new Error(`npx ${words.join(' ')} was ended by ${signal}\n${output.slice(-4000)}`))
      resolve({ code: code ?? 137, output, ...tellOf(events) })
    })
  })
}

function tellOf(events: readonly Event[]): Pick<Run, 'changed' | 'complaints' | 'counts'> {
  const end = events.find((event) => event.kind === 'run.end')
  const complaints = events.flatMap((event) =>
    event.kind === 'task.done' && ['failed', 'unreachable'].includes(event.status) ? (event.diagnostics ?? []) : [],
  )
  return {
    changed: end?.changed[host] ?? [],
    complaints: complaints.map(({ code, message, mend = '' }) => `${code}: ${message} (${mend})`).join('\n'),
    counts: { ...end?.stats[host] },
  }
}

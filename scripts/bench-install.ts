import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Event } from '../lib/core/event.ts'
import { root } from '../lib/root.ts'
import { startMachine } from '../test/e2e/machine/machine.ts'
import { makeSite } from '../test/e2e/machine/site.ts'

const usage = `usage: npx zx scripts/bench-install.ts [--machine] [--rounds 5]

Installs once, then runs each playbook again and again with nothing left to do, in turn, and prints medians: seconds of the whole
command, seconds of the run in it, round trips by their kind, kilobytes sent and received. In the rehearsal; with --machine on a bare Debian
server in a container (systemd, sshd, a Docker engine of its own), with doubles of MongoDB and Rocket.Chat, as the end-to-end
tests do (needs root and their packages).`

const playbooks = ['install', 'configure', 'status', 'verify'] as const
const kinds = ['shell', 'docker', 'api', 'streams'] as const

interface Sample {
  readonly wall: number
  readonly run: number
  readonly traffic: Readonly<Record<string, number>>
}

const own = process.argv.findIndex((each) => resolve(each) === import.meta.filename)
const { values } = parseArgs({
  args: process.argv.slice(own + 1),
  options: { machine: { type: 'boolean', default: false }, rounds: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
if (!(rounds > 0)) {
  process.stderr.write(`${usage}\n`)
  process.exit(2)
}
const stage = await (values.machine ? onMachine() : inRehearsal())
try {
  await once('install', stage.inventory, { first: true })
  const samples = new Map<string, Sample[]>(playbooks.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, all] of samples) all.push(await once(name, stage.inventory, { first: false }))
  process.stdout.write(table(samples))
} finally {
  await stage.end()
}

interface Stage {
  readonly inventory: string
  end(): Promise<void>
}

/** A copy of the rehearsal's inventory, so that it starts from nothing. */
async function inRehearsal(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-install-'))
  const given = join(root, 'inventory/sandbox')
  cpSync(given, folder, { recursive: true, filter: (file) => !/\/(\.sandbox|secrets|runs|\.state)(\/|$)/.test(file) })
  return { inventory: folder, end: async () => rmSync(folder, { recursive: true }) }
}

async function onMachine(): Promise<Stage> {
  const machine = await startMachine({ mongodb: '8.0.17', rocketchat: '8.6.1' })
  // The name is nobody's: what is proven from outside is proven from the machine itself, to which it leads there.
  await machine.on("printf '127.0.0.1 chat.example.org\\n' >> /etc/hosts")
  const site = makeSite(machine, { rocketchat_certificate: 'internal', rocketchat_proof_from: 'host' })
  return {
    inventory: site.folder,
    end: async () => {
      site.remove()
      await machine.stop()
    },
  }
}

/** Runs a playbook as it is typed. Throws with what it printed when it fails, or changes something after the first time. */
function once(name: string, inventory: string, { first }: { readonly first: boolean }): Promise<Sample> {
  const words = ['zx', `playbooks/${name}.ts`, '--inventory', inventory, '--output', 'json']
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn('npx', words, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.once('error', reject)
    child.once('close', (code) => {
      const wall = performance.now() - began
      const last = output.trimEnd().split('\n').at(-1) ?? ''
      const end = last.startsWith('{') ? (JSON.parse(last) as Event) : undefined
      const changed = end?.kind === 'run.end' ? Object.values(end.changed).flat() : []
      if (code !== 0 || end?.kind !== 'run.end' || (!first && changed.length > 0))
        return reject(new Error(`${words.join(' ')}: exit code ${code}, changed: ${changed.join(', ')}\n${output}`))
      const [traffic = {}] = Object.values(end.traffic) as Record<string, number>[]
      resolve({ wall, run: end.ms, traffic })
    })
  })
}

function table(samples: ReadonlyMap<string, readonly Sample[]>): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  const head = ['nothing to change', 'seconds', 'of it the run', 'round trips', ...kinds, 'kB sent', 'kB received']
  const lines = [...samples].map(([name, all]) => {
    const number = (of: string): string => String(median(all.map(({ traffic }) => traffic[of] ?? 0)))
    const kilobytes = (of: string): string =>
      String(Math.round(median(all.map(({ traffic }) => traffic[of] ?? 0)) / 1000))
    const seconds = (of: 'wall' | 'run'): string => (median(all.map((one) => one[of])) / 1000).toFixed(2)
    const counts = ['trips', ...kinds].map(number)
    return [`${name}.ts`, seconds('wall'), seconds('run'), ...counts, kilobytes('sent'), kilobytes('received')]
  })
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('')
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

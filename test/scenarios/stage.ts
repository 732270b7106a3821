import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from '../../lib/root.ts'
import { keyPair } from '../../lib/sandbox/machine/keys.ts'
import { type MachineDouble, startMachine } from '../../lib/sandbox/machine/machine.ts'
import type { Faults } from '../../lib/sandbox/machine/spec.ts'

/** What is left of a command when it has ended. */
export interface Ended {
  /** 128 and more for a signal, as a shell has it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Milliseconds between the last word and the end. */
  readonly lingered: number
}

/** A command that runs. */
export interface Started {
  readonly ended: Promise<Ended>
  /** Waits until standard output and standard error together hold this; throws with them when the command ends before. */
  says(text: string): Promise<void>
  signal(name: NodeJS.Signals): void
}

/** A folder to work in, machines to work on. */
export interface Stage {
  readonly folder: string
  write(name: string, content: string): void
  machine(name: string, faults?: Faults): Promise<MachineDouble>
  counts(): readonly { readonly name: string; readonly commands: number; readonly writes: number }[]
  /** Starts `npx zx playbooks/….ts …`, without what npx itself costs. Words may be quoted as in a shell. */
  start(command: string, env?: NodeJS.ProcessEnv): Started
}

/** Hands a stage to `use` and clears it away, whatever happens. */
export async function withStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'scenario-')))
  const machines: MachineDouble[] = []
  const children = new Set<() => void>()
  try {
    await use({
      folder,
      write: (name, content) => write(folder, name, content),
      machine: async (name, faults = {}) => {
        const machine = await startMachine({
          folder: join(folder, '.machines', name),
          name,
          clientKey: keyPair(join(folder, '.machines'), 'client'),
          faults,
        })
        machines.push(machine)
        write(folder, `host_vars/${name}.yml`, connectionOf(machine))
        return machine
      },
      counts: () => machines.map(({ name, commands, writes }) => ({ name, commands, writes })),
      start: (command, env) => start(command, folder, children, env),
    })
  } finally {
    for (const end of children) end()
    for (const machine of machines) await machine.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The variables of a host that is such a machine. */
function connectionOf({ ssh }: MachineDouble): string {
  return [
    'ansible_connection: ssh',
    'ansible_host: 127.0.0.1',
    `ansible_port: ${ssh.port}`,
    `ansible_user: ${ssh.user}`,
    `ansible_ssh_private_key_file: ${JSON.stringify(ssh.keyFile)}`,
    `ansible_ssh_known_hosts: ${JSON.stringify(ssh.knownHosts)}`,
    '',
  ].join('\n')
}

const special: { readonly [kind: string]: (file: string, content: string) => void } = {
  '50 MB': (file) => writeFileSync(file, '- hosts: all\n'.repeat(4_032_985)),
  'a folder': (file) => mkdirSync(file),
  base64: (file, content) => writeFileSync(file, Buffer.from(content, 'base64')),
  'a pipe': (file) => void execFileSync('mkfifo', [file]),
  'not readable': (file, content) => {
    writeFileSync(file, content)
    chmodSync(file, 0)
  },
}

function write(folder: string, head: string, content: string): void {
  const [, name = head, kind = ''] = /^(.*) \((.*)\)$/.exec(head) ?? []
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  const make = special[kind]
  if (make === undefined) writeFileSync(file, content)
  else make(file, content)
}

function start(command: string, folder: string, children: Set<() => void>, env: NodeJS.ProcessEnv = {}): Started {
  const [npx, zx, script = '', ...words] = wordsOf(command)
  if (npx !== 'npx' || zx !== 'zx') throw new Error(`not a command of this project: ${command}`)
  const child = spawn(process.execPath, [join(root, 'node_modules/zx/build/cli.js'), join(root, script), ...words], {
    cwd: folder,
    env: { ...environment(folder), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const end = () => child.kill('SIGKILL')
  children.add(end)
  const text = { stdout: '', stderr: '' }
  let lastWord = performance.now()
  const waiting = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      lastWord = performance.now()
      for (const look of waiting) look()
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      children.delete(end)
      const lingered = performance.now() - lastWord
      resolve({ code: code ?? 128 + (signal === 'SIGINT' ? 2 : 9), ...text, lingered })
    })
  })
  return {
    ended,
    signal: (name) => void child.kill(name),
    says: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!(text.stdout + text.stderr).includes(wanted)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void ended.then(() => {
          if (waiting.delete(look)) reject(new Error(`it never said "${wanted}":\n${text.stdout}${text.stderr}`))
        }, reject)
      }),
  }
}

/** Nothing of the person who runs the tests gets in: no keys, no known hosts, no colours. */
function environment(home: string): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE, NODE_V8_COVERAGE } = process.env
  return {
    PATH,
    HOME: home,
    ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
    ...(NODE_V8_COVERAGE !== undefined && { NODE_V8_COVERAGE }),
  }
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

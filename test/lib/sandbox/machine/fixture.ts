import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type Client } from 'ssh2'
import { keyPair } from '../../../../lib/sandbox/machine/keys.ts'
import { type MachineDouble, type MachineOptions, startMachine } from '../../../../lib/sandbox/machine/machine.ts'

/** What a command left behind. */
export interface Outcome {
  readonly code: number | null
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface Bench {
  readonly folder: string
  readonly machine: MachineDouble
  readonly client: Client
  run(command: string, stdin?: string | Buffer): Promise<Outcome>
  /** Output of a command that must work. */
  say(command: string, stdin?: string | Buffer): Promise<string>
  /** Content of a file of the machine, as it lies on the disk. */
  file(path: string): string
  close(): Promise<void>
}

/** A folder that is removed at the end. */
export function temporaryFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-test-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** A client that is logged in to a machine. */
export function logIn(machine: MachineDouble, user = machine.ssh.user): Promise<Client> {
  const client = new ssh2.Client()
  return new Promise((resolve, reject) => {
    client.on('ready', () => {
      client.setNoDelay(true)
      resolve(client)
    })
    client.on('error', reject)
    client.connect({
      host: '127.0.0.1',
      port: machine.ssh.port,
      username: user,
      privateKey: readFileSync(machine.ssh.keyFile),
      readyTimeout: 5000,
    })
  })
}

/** Runs a command through a client. */
export function run(client: Client, command: string, stdin: string | Buffer = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error)
      const output = { stdout: '', stderr: '' }
      channel.setEncoding('utf8').on('data', (chunk: string) => {
        output.stdout += chunk
      })
      channel.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        output.stderr += chunk
      })
      let ended: { code: number | null; signal: string | undefined } | undefined
      channel.on('exit', (code: number | null, signal?: string) => {
        ended = { code, signal }
      })
      channel.on('close', () => {
        if (ended === undefined) reject(new Error('the channel was closed without an exit code'))
        else resolve({ ...ended, ...output })
      })
      channel.end(stdin)
    })
  })
}

/** A machine in a temporary folder with a client logged in. */
export async function bench(options: Partial<MachineOptions> = {}): Promise<Bench> {
  const { folder, remove } = temporaryFolder()
  const machine = await startMachine({
    folder: join(folder, 'machine'),
    name: 'chat1',
    clientKey: keyPair(folder, 'client'),
    ...options,
  })
  const client = await logIn(machine)
  return {
    folder,
    machine,
    client,
    run: (command, stdin) => run(client, command, stdin),
    say: async (command, stdin) => {
      const { code, stdout, stderr } = await run(client, command, stdin)
      if (code !== 0) throw new Error(`${command}: exit code ${code}: ${stderr}`)
      return stdout
    },
    file: (path) => readFileSync(machine.root + path, 'utf8'),
    close: async () => {
      client.end()
      await machine.stop()
      remove()
    },
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { command, outcomeOf, until } from './command.ts'

/** The Docker engine of this machine, which carries the machine under test. */
export interface Engine {
  /** Address of this machine on the engine's default network, and that network. */
  readonly gateway: string
  readonly subnet: string
  /** Ends it if it was started by us. */
  stop(): Promise<void>
}

const needed = {
  dockerd: 'docker.io',
  docker: 'docker.io',
  caddy: 'caddy',
  debootstrap: 'debootstrap',
  'docker-registry': 'docker-registry',
  'ssh-keygen': 'openssh-client',
} as const

/** Throws with what this machine lacks. */
export async function demand(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error('this test needs root: it makes a file system and starts a Docker engine')
  const path = `${process.env.PATH}:/usr/sbin:/sbin`
  const missing: string[] = []
  for (const [program, from] of Object.entries(needed)) {
    const { code } = await outcomeOf('sh', ['-c', `command -v ${program}`], { env: { ...process.env, PATH: path } })
    if (code !== 0 && !missing.includes(from)) missing.push(from)
  }
  if (missing.length > 0) {
    throw new Error(
      `this test needs programs that are not here: apt-get install --no-install-recommends ${missing.join(' ')}`,
    )
  }
}

/** Uses the engine that runs, or starts one. Its output goes to a file in `folder`. */
export async function startEngine(folder: string): Promise<Engine> {
  const runs = async () => (await outcomeOf('docker', ['version'])).code === 0 || undefined
  let own: ChildProcess | undefined
  if (!(await runs())) {
    const log = join(folder, 'dockerd.log')
    const out = openSync(log, 'w')
    own = spawn('dockerd', [], {
      stdio: ['ignore', out, out],
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    })
    let ended: string | undefined
    own.once('error', (error) => {
      ended = error.message
    })
    own.once('exit', (code) => {
      ended = `exit code ${code}`
    })
    await until(`dockerd to answer (see ${log})`, 60, async () => {
      if (ended !== undefined) throw new Error(`dockerd did not start: ${ended}; see ${log}`)
      return runs()
    })
  }
  const format = '{{with index .IPAM.Config 0}}{{.Subnet}} {{.Gateway}}{{end}}'
  const told = await command('docker', ['network', 'inspect', 'bridge', '--format', format])
  const [subnet = '', known = ''] = told.trim().split(' ')
  // An engine that chose the network itself took its first address and may not say so.
  const gateway = /^[\d.]+$/.test(known) ? known : subnet.replace(/\.0\/\d+$/, '.1')
  return {
    gateway,
    subnet,
    stop: async () => {
      if (own === undefined || own.exitCode !== null) return
      const ending = new Promise((resolve) => own.once('exit', resolve))
      own.kill('SIGTERM')
      await ending
    },
  }
}

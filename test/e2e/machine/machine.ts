import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, type Hand, handOf, outcomeOf, saved, until } from './command.ts'
import { demand, startEngine } from './engine.ts'
import { buildDoubles, type Images, imageNames, machineImage, type Releases } from './images.ts'
import { freePort, startRegistry } from './registry.ts'

/** A fresh Debian 12 server with systemd and sshd that has never seen us. */
export interface Machine {
  readonly address: string
  readonly port: number
  /** File with the private key that lets in root, and deploy, who may use sudo with the password. */
  readonly key: string
  readonly password: string
  /** Line of known_hosts, learnt on the machine itself. */
  readonly knownHosts: string
  /** Where the machine can pull the images from. */
  readonly images: Images
  /** Runs a line of shell as root on the machine, without SSH; gives back its output. */
  on(line: string, options?: { readonly input?: string; readonly timeout?: number }): Promise<string>
  /** Writes what a line of shell prints into a file of this machine. */
  save(line: string, file: string): Promise<void>
  /** A shell that waits on the machine, for what has to happen at a moment. */
  hand(): Hand
  /** Files that differ from the fresh machine, without what it writes by itself (journal, caches of systemd). */
  touched(): Promise<readonly string[]>
  reboot(): Promise<void>
  /** Waits until it is up and lets people in, after something has ended it. */
  ready(): Promise<void>
  stop(): Promise<void>
}

/** `--privileged` is refused where the tests run; this gives a systemd what it needs. */
const rights = [
  ...['--cap-add=ALL', '--cap-drop=SYS_RESOURCE'],
  ...['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined'].map((one) => `--security-opt=${one}`),
  ...['--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw', '--volume=/var/lib/docker'],
  ...['/run', '/run/lock', '/tmp'].map((path) => `--tmpfs=${path}`),
  ...['--env=container=docker', '--stop-signal=SIGRTMIN+3'],
  // A reboot ends the container as a crash would: then it is started again. Turning it off ends it in another way.
  '--restart=on-failure',
]

const ownDoing =
  /^\w (\/(etc|var|root|home)|\/etc\/mtab|\/var\/(lib|log|tmp)|\/var\/log\/.*|\/var\/lib\/(systemd|docker)|\/var\/lib\/systemd\/.*|\/var\/tmp\/systemd-private.*|\/(run|tmp)(\/.*)?)$/

/** Where machines come from: an engine that carries them, and a registry with the images that they can reach. */
export interface Lab {
  readonly images: Images
  /** Starts another fresh machine. */
  machine(): Promise<Machine>
  /** Ends everything, the machines included. */
  stop(): Promise<void>
}

/** A lab with one machine; stopping the machine ends the lab. */
export async function startMachine(releases: Releases): Promise<Machine> {
  const lab = await openLab(releases)
  try {
    return { ...(await lab.machine()), stop: lab.stop }
  } catch (error) {
    await lab.stop()
    throw error
  }
}

/** Makes the lab from nothing; what takes long is kept in $E2E_CACHE, or /var/tmp/ametys-rocketchat-e2e. */
export async function openLab(releases: Releases): Promise<Lab> {
  await demand()
  const cache = process.env.E2E_CACHE ?? '/var/tmp/ametys-rocketchat-e2e'
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'e2e-machine-'))
  const endings: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true })]
  const stop = async () => {
    for (const end of endings.splice(0).toReversed()) await end()
  }
  try {
    const engine = await startEngine(folder)
    endings.push(engine.stop)
    const [image, registry] = await Promise.all([
      machineImage(cache, engine.subnet),
      publish(folder, engine.gateway, releases),
    ])
    endings.push(registry.stop)
    const key = join(folder, 'id')
    await command('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
    let count = 0
    const machine = async () => {
      const name = `ametys-e2e-${process.pid}-${++count}`
      endings.push(() => outcomeOf('docker', ['rm', '--force', '--volumes', name]))
      return boot(name, image, key, registry.images)
    }
    return { images: registry.images, machine, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function boot(name: string, image: string, key: string, images: Images): Promise<Machine> {
  const port = await freePort('127.0.0.1')
  const words = ['run', '--detach', `--name=${name}`, '--hostname=chat', `--publish=127.0.0.1:${port}:22`]
  await command('docker', [...words, ...rights, image, '/sbin/init'])
  const exec = ['exec', '--interactive', name, 'sh', '-c']
  const on: Machine['on'] = (line, { input, timeout } = {}) =>
    command('docker', [...exec, line], {
      ...(input !== undefined && { input }),
      ...(timeout !== undefined && { timeout }),
    })
  const up = async () => {
    await until('systemd of the machine', 60, async () => {
      const { stdout } = await outcomeOf('docker', ['exec', name, 'systemctl', 'is-system-running'])
      return /running|degraded/.test(stdout) || undefined
    })
    await until('the greeting of sshd', 60, () => greeting(port))
  }
  await up()
  for (const account of ['root', 'deploy']) {
    const file = `~${account}/.ssh/authorized_keys`
    await on(`cat > ${file} && chown ${account}: ${file}`, { input: readFileSync(`${key}.pub`, 'utf8') })
  }
  const hostKey = (await on('cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2).join(' ')
  return {
    address: '127.0.0.1',
    port,
    key,
    password: 'sesame-Open1',
    knownHosts: `[127.0.0.1]:${port} ${hostKey}`,
    images,
    on,
    save: (line, file) => saved('docker', [...exec, line], file),
    hand: () => handOf('docker', [...exec.slice(0, 3), 'sh']),
    touched: async () =>
      (await command('docker', ['diff', name]))
        .split('\n')
        .filter((line) => line !== '' && !ownDoing.test(line))
        .toSorted(),
    reboot: async () => {
      await command('docker', ['restart', '--time=30', name])
      await up()
    },
    ready: up,
    stop: async () => {
      await command('docker', ['rm', '--force', '--volumes', name])
    },
  }
}

/** Puts the doubles of both images into a registry that the machine can reach. */
async function publish(folder: string, gateway: string, releases: Releases) {
  // Docker believes a registry on loopback without encryption; the machine asks one on the bridge for the same images.
  const inner = await startRegistry(folder, '127.0.0.1')
  try {
    const names = imageNames(inner.name, releases)
    await buildDoubles(names, releases)
    for (const one of Object.values(names)) await command('docker', ['push', '-q', one], { timeout: 120 })
    await command('docker', ['rmi', ...Object.values(names)])
  } finally {
    await inner.stop()
  }
  const outer = await startRegistry(folder, gateway)
  return { ...outer, images: imageNames(outer.name, releases) }
}

/** A mapped port answers before the machine's sshd does: only its greeting counts. */
function greeting(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    const give = (found: true | undefined) => {
      socket.destroy()
      resolve(found)
    }
    socket.setTimeout(2_000, () => give(undefined))
    socket.once('data', (text) => give(text.toString().startsWith('SSH-') || undefined))
    socket.once('error', () => give(undefined)).once('close', () => give(undefined))
  })
}

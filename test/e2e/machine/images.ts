import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from '../../../lib/root.ts'
import { command, outcomeOf } from './command.ts'

const base = 'ametys-e2e-debian:bookworm'

/** What a server has before anybody has touched it. */
const packages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'ca-certificates',
  'iproute2',
  'iptables',
  'procps',
  'sudo',
]

const ownBootId = [
  '[Unit]',
  'DefaultDependencies=no',
  'Before=sysinit.target',
  '[Service]',
  'Type=oneshot',
  'ExecStart=/bin/sh -c "cat /proc/sys/kernel/random/uuid >/run/boot-id && mount --bind /run/boot-id /proc/sys/kernel/random/boot_id"',
  '[Install]',
  'WantedBy=sysinit.target',
]

/**
 * The image of a fresh Debian server; its file system is made once (about two minutes) and kept in `cache`. Its Docker engine, once
 * it has one, will take images from a registry of `subnet` without encryption.
 */
export async function machineImage(cache: string, subnet: string): Promise<string> {
  if ((await outcomeOf('docker', ['image', 'inspect', base])).code !== 0) await importBase(cache)
  return build('ametys-e2e-machine', [
    `FROM ${base}`,
    // The kernel is shared, and so is its mark of the last start: each start of the machine gets one of its own.
    `RUN printf '%s\\n' ${ownBootId.map((line) => `'${line}'`).join(' ')} > /etc/systemd/system/boot-id.service && systemctl enable boot-id.service`,
    `RUN mkdir -p /etc/docker && echo '{"insecure-registries":["${subnet}"]}' > /etc/docker/daemon.json`,
    // An account that may use sudo with its password, as cloud images and people have it.
    'RUN useradd -m -s /bin/bash -G sudo deploy && echo deploy:sesame-Open1 | chpasswd',
    'RUN rm -rf /var/lib/apt/lists/* && install -d -m 700 /root/.ssh && install -d -m 700 -o deploy -g deploy /home/deploy/.ssh',
  ])
}

async function importBase(cache: string): Promise<void> {
  const archive = join(cache, 'debian-bookworm.tar')
  if (!existsSync(archive)) {
    const folder = mkdtempSync(join(cache, 'debootstrap-'))
    const system = join(folder, 'root')
    const words = ['--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', system]
    await command('debootstrap', words, {
      timeout: 420,
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    })
    await command('tar', ['-C', system, '--numeric-owner', '-cf', join(folder, 'archive'), '.'], { timeout: 120 })
    renameSync(join(folder, 'archive'), archive)
    rmSync(folder, { recursive: true })
  }
  await command('docker', ['import', archive, base], { timeout: 120 })
}

/** Names of the images below a registry, such as `127.0.0.1:5000/library/mongo:8.0.17`. */
export interface Images {
  readonly mongodb: string
  readonly rocketchat: string
  readonly caddy: string
}

export interface Releases {
  readonly mongodb: string
  readonly rocketchat: string
}

export function imageNames(registry: string, { mongodb, rocketchat }: Releases): Images {
  return {
    mongodb: `${registry}/library/mongo:${mongodb}`,
    rocketchat: `${registry}/rocketchat/rocket.chat:${rocketchat}`,
    caddy: `${registry}/library/caddy:${caddyRelease}`,
  }
}

/** Debian's. */
export const caddyRelease = '2.6.2'

/** Makes an image with Debian's Caddy: the program, its libraries and the usual authorities. */
export async function buildCaddy(name: string): Promise<void> {
  await importFolder(name, async (at) => {
    copyFileSync('/usr/bin/caddy', at('/usr/bin/caddy'))
    copyFileSync('/etc/ssl/certs/ca-certificates.crt', at('/etc/ssl/certs/ca-certificates.crt'))
    await copyLibraries(['/usr/bin/caddy'], at)
    for (const path of ['/data', '/config', '/tmp']) mkdirSync(at(path), { recursive: true })
  })
}

/**
 * Makes images that stand for those of MongoDB and Rocket.Chat: this Node, a shell, and the doubles of the rehearsal as real
 * processes that speak over the network (see the folder image).
 */
export async function buildDoubles(names: Images, { mongodb, rocketchat }: Releases): Promise<void> {
  await buildCaddy(names.caddy)
  await importFolder('ametys-e2e-double', fill)
  await build(names.mongodb, [
    'FROM ametys-e2e-double',
    `ENV MONGO_VERSION=${mongodb} DOUBLE_PACE=0.2`,
    'VOLUME ["/data/db","/data/configdb"]',
    'EXPOSE 27017',
    'ENTRYPOINT ["docker-entrypoint.sh"]',
    'CMD ["mongod"]',
  ])
  await build(names.rocketchat, [
    'FROM ametys-e2e-double',
    `ENV RC_VERSION=${rocketchat} DOUBLE_PACE=0.2`,
    'WORKDIR /app/bundle',
    'USER 65533',
    'EXPOSE 3000',
    'CMD ["node","main.js"]',
  ])
}

/** The path of this machine that becomes a path of the image; its folder is made. */
type At = (path: string) => string

/** Makes an image of what `fill` puts in place. */
async function importFolder(name: string, fill: (at: At) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-image-'))
  const archive = `${folder}.tar`
  const at: At = (path) => {
    const full = join(folder, path)
    mkdirSync(dirname(full), { recursive: true })
    return full
  }
  try {
    await fill(at)
    await command('tar', ['-C', folder, '--numeric-owner', '--owner=0', '--group=0', '-cf', archive, '.'])
    await command('docker', ['import', archive, name])
  } finally {
    rmSync(folder, { recursive: true })
    rmSync(archive, { force: true })
  }
}

async function copyLibraries(programs: readonly string[], at: At): Promise<void> {
  const libraries = await command('ldd', programs)
  for (const library of new Set(libraries.match(/\/lib\S*\.so\S*/g))) copyFileSync(library, at(library))
}

async function fill(at: At): Promise<void> {
  const copies = [
    [process.execPath, '/usr/local/bin/node'],
    ['/bin/sh', '/bin/sh'],
  ] as const
  for (const [from, to] of copies) copyFileSync(from, at(to))
  await copyLibraries(
    copies.map(([from]) => from),
    at,
  )
  for (const path of ['lib', 'test/e2e/machine/image']) {
    cpSync(join(root, path), at(join('/double', path)), { recursive: true })
  }
  for (const path of ['/data/db', '/data/configdb', '/tmp']) mkdirSync(at(path), { recursive: true })
  chmodSync(at('/tmp'), 0o1777)
  const programs = '/double/test/e2e/machine/image'
  const files = {
    '/double/package.json': '{"type":"module"}',
    '/etc/passwd':
      'root:x:0:0::/root:/bin/sh\nmongodb:x:999:999::/data/db:/bin/sh\nrocketchat:x:65533:65533::/app:/bin/sh\n',
    '/etc/nsswitch.conf': 'hosts: files dns\n',
    '/app/bundle/main.js': `import('${programs}/rocketchat.ts')\n`,
    '/usr/local/bin/mongosh': `#!/bin/sh\nexec node ${programs}/mongosh.ts "$@"\n`,
    '/usr/local/bin/docker-entrypoint.sh': `#!/bin/sh\n[ "$1" = mongod ] && exec node ${programs}/mongod.ts "$@"\nexec "$@"\n`,
  }
  for (const [path, text] of Object.entries(files)) writeFileSync(at(path), text, { mode: 0o755 })
}

async function build(tag: string, lines: readonly string[]): Promise<string> {
  await command('docker', ['build', '-q', '-t', tag, '-'], { input: `${lines.join('\n')}\n`, timeout: 120 })
  return tag
}

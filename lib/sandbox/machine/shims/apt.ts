import { fail, ok, type Reply } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'

interface Request {
  readonly verb: string
  readonly names: readonly string[]
  readonly simulate: boolean
  readonly yes: boolean
  readonly quiet: boolean
  readonly downloadOnly: boolean
  readonly onlyUpgrade: boolean
  /** Seconds to wait for the lock. */
  readonly patience: number
}

const LOCK = '/var/lib/dpkg/lock-frontend'

/** `apt-get` on the sandbox's small catalogue; the words and exit codes are apt's. */
const aptGet: Shim = async (call, host) => {
  const request = readRequest(call.args)
  const { verb } = request
  if (verb === '') return ok('apt 2.6.1 (amd64)\n')
  if (request.simulate || verb === 'check') return changes(request, host)
  if (call.user !== 'root') {
    const file = verb === 'update' ? '/var/lib/apt/lists/lock' : LOCK
    return fail(
      100,
      `E: Could not open lock file ${file} - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (${LOCK}), are you root?`,
    )
  }
  const waited = await takeLock(host, call.name, request.patience)
  if (waited !== undefined) return waited
  try {
    await new Promise((done) => setTimeout(done, host.spec.pace))
    if (host.writing !== 'normal') return fail(100, unwritable(host))
    return await act(request, host)
  } finally {
    host.packages.lock = undefined
  }
}

async function takeLock(host: Host, process: string, patience: number): Promise<Reply | undefined> {
  const end = Date.now() + patience * 1000
  for (;;) {
    const holder = host.packages.lock
    if (holder === undefined) break
    if (Date.now() >= end) {
      return fail(
        100,
        `E: Could not get lock ${LOCK}. It is held by process ${holder.pid} (${holder.process})\nN: Be aware that removing the lock file is not a solution and may break your system.\nE: Unable to acquire the dpkg frontend lock (${LOCK}), is another process using it?`,
      )
    }
    await new Promise((done) => setTimeout(done, 20))
  }
  host.packages.lock = { pid: 1000 + Math.floor(Math.random() * 30_000), process }
  return undefined
}

function unwritable(host: Host): string {
  return host.writing === 'full'
    ? "E: Write error - write (28: No space left on device)\nE: You don't have enough free space in /var/cache/apt/archives/."
    : 'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (30: Read-only file system)'
}

async function act(request: Request, host: Host): Promise<Reply> {
  const { packages } = host
  const { verb } = request
  if (verb === 'update') {
    if (host.faults.noMirror) {
      return {
        code: 0,
        stdout:
          "Ign:1 http://deb.debian.org/debian bookworm InRelease\nErr:1 http://deb.debian.org/debian bookworm InRelease\n  Temporary failure resolving 'deb.debian.org'\nReading package lists...\n",
        stderr:
          "W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'\nW: Some index files failed to download. They have been ignored, or old ones used instead.\n",
      }
    }
    packages.fetchLists()
    return ok(
      'Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]\nFetched 151 kB in 0s (1,024 kB/s)\nReading package lists...\n',
    )
  }
  const planned = changes(request, host)
  if (!('code' in planned) || planned.code !== 0) return planned
  const plan = planFor(request, host)
  if (typeof plan === 'string') return planned
  if (plan.install.length + plan.remove.length > 0 && !request.yes) {
    return { code: 1, stdout: `${planned.stdout ?? ''}Do you want to continue? [Y/n] Abort.\n` }
  }
  if (plan.install.length > 0 && host.faults.noMirror) {
    return fail(
      100,
      `E: Failed to fetch http://deb.debian.org/debian/pool/main/${plan.install[0]}.deb  Temporary failure resolving 'deb.debian.org'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?`,
    )
  }
  if (request.downloadOnly) return planned
  for (const name of plan.install) await packages.install(name)
  for (const name of plan.remove) await packages.remove(name, verb === 'purge')
  const said = [
    ...plan.install.map((name) => `Setting up ${name} (${packages.get(name)?.version}) ...\n`),
    ...plan.remove.map((name) => `Removing ${name} ...\n`),
  ]
  return { ...planned, stdout: `${planned.stdout ?? ''}${said.join('')}` }
}

interface Plan {
  readonly install: readonly string[]
  readonly remove: readonly string[]
}

/** What a request would do; a text of complaints when it cannot be done. */
function planFor({ verb, names, onlyUpgrade }: Request, host: Host): Plan | string {
  const { packages } = host
  const plain = names.map((name) => name.replace(/[=/:].*$/, '').replace(/[+-]$/, ''))
  const isThere = (name: string) => packages.get(name)?.status.endsWith(' installed') === true
  if (verb === 'remove' || verb === 'purge') {
    const unknown = plain.filter((name) => packages.available(name) === undefined && !packages.get(name))
    if (unknown.length > 0) return unknown.map((name) => `E: Unable to locate package ${name}`).join('\n')
    return {
      install: [],
      remove: plain.filter((name) => isThere(name) || (verb === 'purge' && packages.get(name) !== undefined)),
    }
  }
  if (verb !== 'install') return { install: [], remove: [] }
  const problems = names.flatMap((given, at) => {
    const name = plain[at] ?? ''
    const known = packages.listed || isThere(name) ? packages.available(name) : undefined
    if (known === undefined) return [`E: Unable to locate package ${name}`]
    const version = /=(.*)$/.exec(given)?.[1]
    if (
      version !== undefined &&
      !new RegExp(`^${version.replace(/[.+~^$()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(known.version)
    ) {
      return [`E: Version '${version}' for '${name}' was not found`]
    }
    return []
  })
  if (problems.length > 0) return problems.join('\n')
  return { install: onlyUpgrade ? [] : packages.missing(plain), remove: [] }
}

/** What apt says it will do. */
function changes(request: Request, host: Host): Reply {
  const head = 'Reading package lists...\nBuilding dependency tree...\nReading state information...\n'
  const plan = planFor(request, host)
  if (typeof plan === 'string') return fail(100, plan, head)
  const known = new Set([
    'install',
    'remove',
    'purge',
    'upgrade',
    'dist-upgrade',
    'full-upgrade',
    'autoremove',
    'autoclean',
    'clean',
    'check',
  ])
  if (!known.has(request.verb)) return fail(100, `E: Invalid operation ${request.verb}`)
  const already =
    request.verb === 'install'
      ? request.names.map((name) => name.replace(/[=/:].*$/, '')).filter((name) => !plan.install.includes(name))
      : []
  const list = (title: string, names: readonly string[]) => (names.length > 0 ? `${title}\n  ${names.join(' ')}\n` : '')
  const simulated = request.simulate
    ? [
        ...plan.install.map(
          (name) =>
            `Inst ${name} (${host.packages.available(name)?.version} Debian:12.8/stable [${host.spec.architecture}])\n`,
        ),
        ...plan.remove.map((name) => `Remv ${name} [${host.packages.get(name)?.version}]\n`),
      ].join('')
    : ''
  return ok(
    head +
      already.map((name) => `${name} is already the newest version (${host.packages.get(name)?.version}).\n`).join('') +
      list('The following NEW packages will be installed:', plan.install) +
      list('The following packages will be REMOVED:', plan.remove) +
      `0 upgraded, ${plan.install.length} newly installed, ${plan.remove.length} to remove and 0 not upgraded.\n${simulated}`,
  )
}

function readRequest(args: readonly string[]): Request {
  const words: string[] = []
  const flags = new Set<string>()
  let patience = 0
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string
    const option = word === '-o' ? args[++at] : /^-o(.+)$/.exec(word)?.[1]
    if (option !== undefined) {
      const timeout = /^DPkg::Lock::Timeout=(-?\d+)$/i.exec(option)?.[1]
      if (timeout !== undefined) patience = timeout.startsWith('-') ? Number.POSITIVE_INFINITY : Number(timeout)
    } else if (word === '-t' || word === '-c' || word === '--target-release') at += 1
    else if (word.startsWith('--')) flags.add(word)
    else if (word.startsWith('-')) for (const letter of word.slice(1)) flags.add(letter)
    else words.push(word)
  }
  const has = (...names: string[]) => names.some((name) => flags.has(name))
  const [verb = '', ...names] = words
  return {
    verb: verb === 'remove' && has('--purge') ? 'purge' : verb,
    names,
    patience,
    simulate: has('s', '--simulate', '--dry-run', '--just-print', '--no-act'),
    yes: has('y', '--yes', '--assume-yes') || /q{2}/.test(args.join(' ')),
    quiet: has('q', '--quiet'),
    downloadOnly: has('d', '--download-only'),
    onlyUpgrade: has('--only-upgrade'),
  }
}

const aptCache: Shim = (call, host) => {
  const [verb, ...names] = call.args.filter((word) => !word.startsWith('-'))
  const { packages } = host
  const known = (name: string) => (packages.listed ? packages.available(name) : undefined)
  if (verb === 'policy') {
    const stanzas = names.flatMap((name) => {
      const installed = packages.get(name)
      const there = installed?.status.endsWith(' installed') ? installed.version : '(none)'
      const candidate = known(name)?.version ?? (there === '(none)' ? undefined : there)
      if (candidate === undefined) return []
      return [
        `${name}:\n  Installed: ${there}\n  Candidate: ${candidate}\n  Version table:\n ${there === candidate ? '***' : '   '} ${candidate} 500\n        500 http://deb.debian.org/debian bookworm/main ${host.spec.architecture} Packages\n`,
      ]
    })
    return ok(stanzas.join(''))
  }
  if (verb === 'madison') {
    return ok(
      names
        .flatMap((name) =>
          known(name)
            ? [
                `${name.padStart(10)} | ${known(name)?.version} | http://deb.debian.org/debian bookworm/main ${host.spec.architecture} Packages\n`,
              ]
            : [],
        )
        .join(''),
    )
  }
  if (verb === 'show') {
    const missing = names.filter((name) => known(name) === undefined)
    if (missing.length > 0) return fail(100, 'E: No packages found')
    return ok(
      names
        .map(
          (name) => `Package: ${name}\nVersion: ${known(name)?.version}\nDescription-en: ${known(name)?.summary}\n\n`,
        )
        .join(''),
    )
  }
  return fail(100, `E: Invalid operation ${verb}`)
}

const aptMark: Shim = (call, host) => {
  const [verb, ...names] = call.args.filter((word) => !word.startsWith('-'))
  if (verb === 'showhold') {
    return ok(
      host.packages
        .installed()
        .filter(({ status }) => status.startsWith('hold'))
        .map(({ name }) => `${name}\n`)
        .join(''),
    )
  }
  if (verb === 'showmanual' || verb === 'showauto') return ok()
  if (verb === 'hold' || verb === 'unhold') {
    const missing = names.find((name) => host.packages.get(name) === undefined)
    if (missing !== undefined) return fail(100, `E: Unable to locate package ${missing}\nE: No packages found`)
    if (call.user !== 'root') return fail(1, 'E: Unable to locate the dpkg lock')
    const changed = names.filter((name) => host.packages.get(name)?.status.startsWith('hold') !== (verb === 'hold'))
    for (const name of changed) host.packages.hold(name, verb === 'hold')
    const said = verb === 'hold' ? 'set on hold' : 'canceled hold on'
    return ok(
      names
        .map((name) =>
          changed.includes(name)
            ? verb === 'hold'
              ? `${name} ${said}.\n`
              : `Canceled hold on ${name}.\n`
            : `${name} was already ${verb === 'hold' ? 'set on hold' : 'not on hold'}.\n`,
        )
        .join(''),
    )
  }
  return fail(100, `E: Invalid operation ${verb}`)
}

const updateCertificates: Shim = () =>
  ok(
    'Updating certificates in /etc/ssl/certs...\n0 added, 0 removed; done.\nRunning hooks in /etc/ca-certificates/update.d...\ndone.\n',
  )

export const aptShims: Shims = {
  'apt-get': aptGet,
  apt: aptGet,
  'apt-cache': aptCache,
  'apt-mark': aptMark,
  'update-ca-certificates': updateCertificates,
}

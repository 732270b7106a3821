import { fail, ok, type Reply } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { changes, planFor } from './apt-plan.ts'
import { type AptRequest, readAptRequest } from './apt-request.ts'

const LOCK = '/var/lib/dpkg/lock-frontend'

/** `apt-get` on the sandbox's small catalogue; the words and exit codes are apt's. */
const aptGet: Shim = async (call, host) => {
  const request = readAptRequest(call.args)
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

async function act(request: AptRequest, host: Host): Promise<Reply> {
  const { packages } = host
  const { verb } = request
  if (verb === 'update') {
    if (host.faults.noMirror) {
      return {
        code: 0,
        stdout:
          "Ign:1 http://mirror.example.org/debian bookworm InRelease\nErr:1 http://mirror.example.org/debian bookworm InRelease\n  Temporary failure resolving 'mirror.example.org'\nReading package lists...\n",
        stderr:
          "W: Failed to fetch http://mirror.example.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'mirror.example.org'\nW: Some index files failed to download. They have been ignored, or old ones used instead.\n",
      }
    }
    packages.fetchLists()
    return ok(
      'Get:1 http://mirror.example.org/debian bookworm InRelease [151 kB]\nFetched 151 kB in 0s (1,024 kB/s)\nReading package lists...\n',
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
      `E: Failed to fetch http://mirror.example.org/debian/pool/main/${plan.install[0]}.deb  Temporary failure resolving 'mirror.example.org'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?`,
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

export const aptShims: Shims = { 'apt-get': aptGet, apt: aptGet }

import { everyCode } from '../posix/place.ts'
import { type Diagnostic, endingLines, type Io, join, problem, raw, type Script, sh, TaskError } from '../task.ts'

export interface AptOptions {
  readonly allow_unauthenticated: boolean
  readonly allow_downgrade: boolean
  readonly allow_change_held_packages: boolean
  readonly force: boolean
  readonly install_recommends?: boolean | undefined
  readonly default_release?: string | undefined
  readonly fail_on_autoremove: boolean
  readonly only_upgrade: boolean
  readonly autoremove: boolean
  readonly dpkg_options: string
  readonly lock_timeout: number
  readonly policy_rc_d?: number | undefined
}

export interface AptOutput {
  readonly stdout: string
  readonly stderr: string
  /** Did apt-get change any package? */
  readonly changed: boolean
}

/** Milliseconds that one run of apt-get may take. */
const timeout = 3_600_000

/**
 * Runs apt-get without questions, and again while another process holds the lock. Throws TaskError with apt's own error text:
 * `apt-locked`, `package-unknown`, `apt-fetch`, `dpkg-interrupted`, `apt-failed`.
 */
export async function aptGet(io: Io, words: readonly string[], options: AptOptions): Promise<AptOutput> {
  const script = aptScript(words, options)
  let held = ''
  const once = async () => {
    const { code, stdout, stderr } = await io.sh(script, { expect: everyCode, timeout, live: true })
    const output = { code, stdout: stdout.toString(), stderr: stderr.toString() }
    held = /Could not get lock .*|Unable to (?:acquire|lock) .*/.exec(output.stderr)?.[0] ?? ''
    return code !== 0 && held !== '' ? undefined : output
  }
  const output =
    (await once()) ??
    (await io
      .until(
        'another process to release the lock of apt',
        (seen) => {
          seen(held)
          return once()
        },
        { timeout: options.lock_timeout * 1000, every: 3000 },
      )
      .catch((error: unknown) => {
        if (error instanceof TaskError && error.code === 'deadline-passed')
          throw new TaskError(lockedProblem(held, options.lock_timeout), { cause: error })
        throw error
      }))
  if (output.code !== 0)
    throw new TaskError(aptProblem(words, output), {
      values: { stdout: output.stdout, stderr: output.stderr, rc: output.code },
    })
  return { stdout: output.stdout, stderr: output.stderr, changed: hasChanged(output.stdout) }
}

/** Fetches the lists of packages; again after a pause that doubles, as networks fail for moments. */
export async function fetchLists(
  io: Io,
  options: AptOptions & { readonly update_cache_retries: number; readonly update_cache_retry_max_delay: number },
): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await aptGet(io, ['update'], options)
      return
    } catch (error) {
      if (!(error instanceof TaskError) || error.code !== 'apt-fetch' || tried >= options.update_cache_retries)
        throw error
      await io.pause(Math.min(2 ** (tried - 1), options.update_cache_retry_max_delay) * 1000)
    }
  }
}

function aptScript(words: readonly string[], options: AptOptions): Script {
  const [verb = '', ...rest] = words
  const flags = ['-y', '-q', '-o', `DPkg::Lock::Timeout=${options.lock_timeout}`]
  for (const one of options.dpkg_options.split(',').filter((word) => word !== ''))
    flags.push('-o', `Dpkg::Options::=--${one}`)
  if (verb === 'update') flags.push('-o', 'APT::Update::Error-Mode=any', '-o', 'Acquire::Retries=3')
  if (options.install_recommends !== undefined)
    flags.push('-o', `APT::Install-Recommends=${options.install_recommends ? 'yes' : 'no'}`)
  if (options.default_release !== undefined) flags.push('-t', options.default_release)
  if (options.allow_unauthenticated || options.force) flags.push('--allow-unauthenticated')
  if (options.allow_downgrade || options.force) flags.push('--allow-downgrades')
  if (options.allow_change_held_packages || options.force) flags.push('--allow-change-held-packages')
  if (options.fail_on_autoremove && ['install', 'upgrade', 'dist-upgrade'].includes(verb)) flags.push('--no-remove')
  if (options.only_upgrade && verb === 'install') flags.push('--only-upgrade')
  if (options.autoremove && verb !== 'autoremove' && verb !== 'update') flags.push('--auto-remove')
  const command = sh`DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical LC_ALL=C.UTF-8 apt-get ${flags} ${verb} ${rest} </dev/null`
  if (options.policy_rc_d === undefined) return command
  // Maintainer scripts ask policy-rc.d whether they may start services; it is taken away again in any case.
  return join([
    raw('f=/usr/sbin/policy-rc.d'),
    sh`if [ ! -e "$f" ]; then trap 'rm -f "$f"' EXIT; printf '#!/bin/sh\nexit %s\n' ${options.policy_rc_d} >"$f"; chmod 755 "$f"; fi`,
    command,
  ])
}

/** apt-get's own count: "0 upgraded, 0 newly installed, 0 to remove and 3 not upgraded." */
export function hasChanged(stdout: string): boolean {
  const counts =
    /^(\d+) upgraded, (\d+) newly installed,(?: (\d+) reinstalled,)?(?: (\d+) downgraded,)? (\d+) to remove/m.exec(
      stdout,
    )
  return (counts ?? []).slice(1).some((count) => Number(count ?? 0) > 0)
}

function lockedProblem(held: string, seconds: number): Diagnostic {
  return problem('apt-locked', `another process kept the lock of apt for ${seconds} s`, {
    detail: held,
    mend: 'wait for it (unattended-upgrades runs after a boot), or raise lock_timeout',
  })
}

function aptProblem(
  words: readonly string[],
  { code, stdout, stderr }: { readonly code: number; readonly stdout: string; readonly stderr: string },
): Diagnostic {
  const errors = stderr.split('\n').filter((line) => /^(E|W|dpkg):/.test(line))
  const said = [...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line.trim() !== '')
  const told = errors.length > 0 ? errors.join('\n') : endingLines(said, 15)
  const detail = `apt-get ${words.join(' ')}\n${told}`.trimEnd()
  const all = `${stderr}\n${stdout}`
  const [, unknown] = /Unable to locate package (\S+)|Package '?(\S+?)'? has no installation candidate/.exec(all) ?? []
  const [, version] = /Version '(\S+)' for '\S+' was not found/.exec(all) ?? []
  if (unknown !== undefined)
    return problem('package-unknown', `apt knows no package ${unknown}`, {
      detail,
      mend: 'check its name; new sources need update_cache: true',
    })
  if (version !== undefined)
    return problem('package-unknown', `apt knows no version ${version}`, {
      detail,
      mend: 'look at "apt-cache policy NAME" on the host',
    })
  if (/dpkg was interrupted/.test(all))
    return problem('dpkg-interrupted', 'an earlier installation was interrupted', {
      detail,
      mend: 'on the host: dpkg --configure -a',
    })
  if (/Failed to fetch|Could not resolve|Temporary failure resolving|Connection (?:failed|timed out)/.test(all)) {
    return problem('apt-fetch', 'the host could not fetch from its package sources', {
      detail,
      mend: 'check the network, DNS and proxy of the host, and /etc/apt/sources.list',
    })
  }
  if (/No space left/.test(all))
    return problem('apt-failed', 'the disk of the host is full', {
      detail,
      mend: 'free space, for example with "apt-get clean"',
    })
  if (/are you root\?/.test(all))
    return problem('apt-failed', 'only root may install packages', { detail, mend: 'add become: true' })
  return problem('apt-failed', `apt-get ended with exit code ${code}`, { detail })
}

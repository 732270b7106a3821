import { type Change, create, problem, remove, run, TaskError, update } from '../task.ts'
import { parsePackage } from './package-names.ts'
import { installedFor, isThere, type Packages } from './packages.ts'

export interface AptWish {
  readonly name?: readonly string[] | undefined
  readonly state: 'present' | 'absent' | 'latest'
  readonly deb?: string | undefined
  readonly update_cache?: boolean | undefined
  readonly cache_valid_time: number
  readonly purge: boolean
  readonly upgrade: 'no' | 'yes' | 'safe' | 'full' | 'dist'
  readonly autoremove: boolean
  readonly autoclean: boolean
  readonly clean: boolean
  readonly only_upgrade: boolean
}

export interface AptData {
  /** Fetch the lists of packages first. */
  readonly update: boolean
  /** What apt-get shall do: `['install', 'curl']`; undefined when fetching the lists is all. */
  readonly words: readonly string[] | undefined
}

/** Shall the lists be fetched at all? A time of validity means yes. */
export function wantsUpdate(wish: AptWish): boolean {
  return wish.update_cache ?? wish.cache_valid_time > 0
}

/** What must change for the packages to be as wished. Lists are only fetched for something to install or upgrade. */
export function aptChanges(wish: AptWish, packages: Packages): readonly Change<AptData>[] {
  if (!packages.dpkg) {
    throw new TaskError(
      problem('not-debian', 'the host has no dpkg, so packages cannot be managed with apt', {
        mend: 'this needs Debian or a system made from it, such as Ubuntu',
      }),
    )
  }
  const outdated = wantsUpdate(wish) && (packages.listsAge === undefined || packages.listsAge > wish.cache_valid_time)
  const changes: Change<AptData>[] = []
  if (wish.upgrade !== 'no') changes.push(...upgradeChanges(wish, packages, outdated))
  if (wish.name !== undefined && wish.state === 'absent') changes.push(...removals(wish.name, wish, packages))
  else if (wish.name !== undefined) changes.push(...installations(wish.name, wish, packages, outdated))
  if (wish.deb !== undefined) changes.push(...fileChanges(wish.deb, packages))
  if (wish.autoremove && wish.name === undefined && packages.simulated.length > 0 && wish.upgrade === 'no') {
    changes.push(
      remove(`packages that nothing needs`, packages.simulated.map(secondWord), {
        update: false,
        words: wish.purge ? ['autoremove', '--purge'] : ['autoremove'],
      }),
    )
  }
  if (wish.autoclean) changes.push(run('apt: remove outdated package files', { update: false, words: ['autoclean'] }))
  if (wish.clean) changes.push(run('apt: remove package files', { update: false, words: ['clean'] }))
  const nothingElse = wish.name === undefined && wish.deb === undefined && wish.upgrade === 'no'
  if (outdated && nothingElse)
    changes.unshift(run('apt: fetch the lists of packages', { update: true, words: undefined }))
  return changes
}

function installations(
  names: readonly string[],
  wish: AptWish,
  packages: Packages,
  outdated: boolean,
): readonly Change<AptData>[] {
  const wanted = names.map(parsePackage)
  const missing = wanted.filter((one) => !isThere(one, packages))
  const fresh = missing.filter((one) => installedFor(one, packages) === undefined)
  // With only_upgrade, what is not there stays away.
  const install = wish.only_upgrade ? missing.filter((one) => !fresh.includes(one)) : missing
  const latest = wish.state === 'latest' ? wanted.filter((one) => !missing.includes(one)) : []
  const upgradable = latest.filter((one) => {
    const candidate = packages.candidates.get(one.name)
    const there = installedFor(one, packages)
    return candidate !== undefined && there?.name === one.name && there.version !== candidate
  })
  const all = [...install, ...upgradable]
  if (all.length === 0) {
    // Only fetching the lists can show whether there is something newer.
    if (latest.length > 0 && outdated)
      return [
        run(`packages ${list(latest)}: fetch the lists and upgrade`, {
          update: true,
          words: ['install', ...latest.map((one) => one.spec)],
        }),
      ]
    return []
  }
  const versions = (side: 'before' | 'after') =>
    Object.fromEntries(
      all.map((one) => {
        const there = installedFor(one, packages)?.version
        const then =
          one.version ?? (wish.state === 'latest' ? packages.candidates.get(one.name) : undefined) ?? 'installed'
        return [one.spec.replace(/=.*/, ''), side === 'before' ? (there ?? 'absent') : then]
      }),
    )
  const data = { update: outdated, words: ['install', ...all.map((one) => one.spec)] }
  const target = `packages ${list(all)}`
  return [
    fresh.length === all.length
      ? create(target, versions('after'), data)
      : update(target, versions('before'), versions('after'), data),
  ]
}

function removals(names: readonly string[], wish: AptWish, packages: Packages): readonly Change<AptData>[] {
  const wanted = names.map(parsePackage)
  const there = wanted.filter(({ name }) =>
    packages.installed.some(
      (one) => one.name === name && (one.status === 'installed' || (wish.purge && one.status === 'config-files')),
    ),
  )
  if (there.length === 0) return []
  const before = Object.fromEntries(
    there.map((one) => [one.name, packages.installed.find(({ name }) => name === one.name)?.version ?? 'installed']),
  )
  return [
    remove(`packages ${list(there)}`, before, {
      update: false,
      words: [wish.purge ? 'purge' : 'remove', ...there.map((one) => one.spec.replace(/=.*/, ''))],
    }),
  ]
}

function upgradeChanges(wish: AptWish, packages: Packages, outdated: boolean): readonly Change<AptData>[] {
  const data = {
    update: outdated,
    words: [wish.upgrade === 'dist' || wish.upgrade === 'full' ? 'dist-upgrade' : 'upgrade'],
  }
  if (outdated) return [run('apt: fetch the lists and upgrade all packages', data)]
  if (packages.simulated.length === 0) return []
  return [update('all packages', packages.simulated.map(secondWord), 'upgraded', data)]
}

function fileChanges(path: string, packages: Packages): readonly Change<AptData>[] {
  const data = { update: false, words: ['install', path.startsWith('/') ? path : `./${path}`] }
  const { file } = packages
  if (file === undefined) return [create(`package of ${path}`, 'installed', data)]
  const there = packages.installed.find((one) => one.name === file.name && one.status === 'installed')
  if (there?.version === file.version) return []
  return [
    there === undefined
      ? create(`package ${file.name}`, file.version, data)
      : update(`package ${file.name}`, there.version, file.version, data),
  ]
}

const list = (packages: readonly { readonly spec: string }[]): string => packages.map((one) => one.spec).join(', ')
const secondWord = (line: string): string => line.split(' ')[1] ?? line

import { fail, ok, type Reply } from '../call.ts'
import type { Host } from '../host.ts'
import type { AptRequest } from './apt-request.ts'

export interface AptPlan {
  readonly install: readonly string[]
  readonly remove: readonly string[]
}

/** What a request would do; a text of complaints when it cannot be done. */
export function planFor({ verb, names, onlyUpgrade }: AptRequest, host: Host): AptPlan | string {
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
export function changes(request: AptRequest, host: Host): Reply {
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

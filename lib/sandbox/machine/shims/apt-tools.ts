import { fail, ok } from '../call.ts'
import type { Shim, Shims } from '../host.ts'

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
        `${name}:\n  Installed: ${there}\n  Candidate: ${candidate}\n  Version table:\n ${there === candidate ? '***' : '   '} ${candidate} 500\n        500 http://mirror.example.org/debian bookworm/main ${host.spec.architecture} Packages\n`,
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
                `${name.padStart(10)} | ${known(name)?.version} | http://mirror.example.org/debian bookworm/main ${host.spec.architecture} Packages\n`,
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

export const aptToolShims: Shims = {
  'apt-cache': aptCache,
  'apt-mark': aptMark,
  'update-ca-certificates': updateCertificates,
}

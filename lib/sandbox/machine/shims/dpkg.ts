import { fail, ok, type Reply } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import type { Installed } from '../packages.ts'

const FORMAT = '${binary:Package}\\t${Version}\\n'

/** `dpkg-query`, and `dpkg` as far as it only looks. */
const query: Shim = (call, host) => {
  const has = (...names: string[]) => call.args.some((word) => names.includes(word))
  const words = call.args.filter(
    (word, at) => !word.startsWith('-') && !/^(-f|--showformat)$/.test(call.args[at - 1] ?? ''),
  )
  if (has('-W', '--show')) return show(words, formatOf(call.args), host)
  if (has('-s', '--status')) return status(words, host)
  if (has('-l', '--list')) return list(words, host)
  if (has('-S', '--search')) return fail(1, `dpkg-query: no path found matching pattern ${words[0]}`)
  return fail(2, 'dpkg-query: error: need an action option\n\nUse --help for help about querying packages.')
}

const dpkg: Shim = (call, host) => {
  const [first = '', ...rest] = call.args
  if (first === '--print-architecture') return ok(`${host.spec.architecture}\n`)
  if (first === '--print-foreign-architectures') return ok()
  if (first === '--compare-versions') return compare(rest)
  if (first === '--audit' || first === '-C') return ok()
  if (first === '--configure')
    return call.user === 'root' ? ok() : fail(2, 'dpkg: error: requested operation requires superuser privilege')
  if (first === '--version') return ok("Debian 'dpkg' package management program version 1.21.22 (amd64).\n")
  if (first === '--get-selections') {
    return ok(
      host.packages
        .installed()
        .map(({ name, status: one }) => `${name}\t\t\t\t\t\t${one.split(' ')[0]}\n`)
        .join(''),
    )
  }
  return query({ ...call, name: 'dpkg-query' }, host)
}

function formatOf(args: readonly string[]): string {
  for (const [at, word] of args.entries()) {
    if (word === '-f' || word === '--showformat') return args[at + 1] ?? FORMAT
    const given = /^(?:-f=?|--showformat=)(.+)$/s.exec(word)?.[1]
    if (given !== undefined) return given
  }
  return FORMAT
}

function matching(
  patterns: readonly string[],
  host: Host,
): { found: readonly Installed[]; missing: readonly string[] } {
  const all = host.packages.installed()
  if (patterns.length === 0) return { found: all, missing: [] }
  const test = (pattern: string) =>
    new RegExp(`^${pattern.replace(/[.+~]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`)
  return {
    found: all.filter(({ name }) => patterns.some((pattern) => test(pattern).test(name))),
    missing: patterns.filter((pattern) => !all.some(({ name }) => test(pattern).test(name))),
  }
}

function show(patterns: readonly string[], format: string, host: Host): Reply {
  const { found, missing } = matching(patterns, host)
  const fields = (one: Installed): { readonly [field: string]: string } => {
    const [want = '', error = '', state = ''] = one.status.split(' ')
    const letters = { install: 'i', hold: 'h', deinstall: 'r', purge: 'p' }[want] ?? 'u'
    return {
      Package: one.name,
      'binary:Package': one.name,
      Version: one.version,
      Architecture: one.architecture,
      Status: one.status,
      'db:Status-Abbrev': `${letters}${state === 'installed' ? 'i' : state === 'config-files' ? 'c' : 'n'} `,
      'db:Status-Status': state,
      'db:Status-Want': want,
      'db:Status-Eflag': error,
      'binary:Summary': one.summary,
    }
  }
  const stdout = found
    .map((one) =>
      format
        .replace(/\\n/g, '\n')
        .replace(/\\t/g, '\t')
        .replace(/\$\{([^};]+)(?:;(-?\d+))?\}/g, (_, field: string, width = '0') => {
          const value = fields(one)[field] ?? ''
          return Number(width) < 0 ? value.padEnd(-Number(width)) : value.padStart(Number(width))
        }),
    )
    .join('')
  const stderr = missing.map((name) => `dpkg-query: no packages found matching ${name}\n`).join('')
  return { code: missing.length > 0 ? 1 : 0, stdout, stderr }
}

function status(names: readonly string[], host: Host): Reply {
  const [name = ''] = names
  const one = host.packages.get(name)
  if (one === undefined) {
    return fail(
      1,
      `dpkg-query: package '${name}' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.`,
    )
  }
  return ok(
    `Package: ${one.name}\nStatus: ${one.status}\nArchitecture: ${one.architecture}\nVersion: ${one.version}\nDescription: ${one.summary}\n`,
  )
}

function list(patterns: readonly string[], host: Host): Reply {
  const { found, missing } = matching(patterns, host)
  const rows = found.map(
    (one) =>
      `${one.status.startsWith('hold') ? 'h' : one.status.startsWith('deinstall') ? 'r' : 'i'}${one.status.endsWith(' installed') ? 'i' : 'c'}  ${one.name} ${one.version} ${one.architecture} ${one.summary}\n`,
  )
  return {
    code: missing.length > 0 ? 1 : 0,
    stdout:
      rows.length > 0
        ? `Desired=Unknown/Install/Remove/Purge/Hold\n||/ Name Version Architecture Description\n+++-====-=======-============-===========\n${rows.join('')}`
        : '',
    stderr: missing.map((name) => `dpkg-query: no packages found matching ${name}\n`).join(''),
  }
}

function compare([left = '', operator = '', right = '']: readonly string[]): Reply {
  const order = compareVersions(left, right)
  const holds: { readonly [operator: string]: boolean } = {
    lt: order < 0,
    le: order <= 0,
    eq: order === 0,
    ne: order !== 0,
    ge: order >= 0,
    gt: order > 0,
    '<<': order < 0,
    '<=': order <= 0,
    '=': order === 0,
    '>=': order >= 0,
    '>>': order > 0,
  }
  if (holds[operator] === undefined) return fail(2, `dpkg: error: --compare-versions bad relation`)
  return { code: holds[operator] ? 0 : 1 }
}

/** Debian's order of versions: epoch, upstream, revision (Debian Policy 5.6.12). */
export function compareVersions(left: string, right: string): number {
  const parts = (version: string) => {
    const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version) ?? []
    const dash = rest.lastIndexOf('-')
    return {
      epoch: Number(epoch),
      upstream: dash === -1 ? rest : rest.slice(0, dash),
      revision: dash === -1 ? '' : rest.slice(dash + 1),
    }
  }
  const [a, b] = [parts(left), parts(right)]
  return Math.sign(a.epoch - b.epoch) || comparePart(a.upstream, b.upstream) || comparePart(a.revision, b.revision)
}

function comparePart(left: string, right: string): number {
  let [a, b] = [left, right]
  while (a !== '' || b !== '') {
    const textA = /^\D*/.exec(a)?.[0] ?? ''
    const textB = /^\D*/.exec(b)?.[0] ?? ''
    for (let at = 0; at < Math.max(textA.length, textB.length); at += 1) {
      const difference = weight(textA[at]) - weight(textB[at])
      if (difference !== 0) return Math.sign(difference)
    }
    a = a.slice(textA.length)
    b = b.slice(textB.length)
    const digitsA = /^\d*/.exec(a)?.[0] ?? ''
    const digitsB = /^\d*/.exec(b)?.[0] ?? ''
    const difference = Number(digitsA) - Number(digitsB)
    if (difference !== 0) return Math.sign(difference)
    a = a.slice(digitsA.length)
    b = b.slice(digitsB.length)
  }
  return 0
}

/** `~` comes before the end, letters before everything else. */
function weight(c: string | undefined): number {
  if (c === '~') return -1
  if (c === undefined) return 0
  return /[A-Za-z]/.test(c) ? c.charCodeAt(0) : c.charCodeAt(0) + 256
}

export const dpkgShims: Shims = { dpkg, 'dpkg-query': query }

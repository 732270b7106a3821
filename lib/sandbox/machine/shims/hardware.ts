import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'

const KIB = 1024

/** `df`: one disk for everything. */
const df: Shim = (call, host) => {
  const { unit, output, human } = dfOptions(call.args)
  const total = host.spec.diskGiB * 2 ** 30
  const used = host.faults.writing === 'full' ? total : host.spec.diskUsedGiB * 2 ** 30
  const available = Math.max(0, total - used - (host.faults.writing === 'full' ? 0 : total * 0.05))
  const percent = `${Math.ceil((used / (used + available || 1)) * 100)}%`
  const show = (bytes: number) => (human ? humanSize(bytes) : String(Math.ceil(bytes / unit)))
  const inodes = { itotal: 2_621_440, iused: 41_000 }
  const values: { readonly [name: string]: readonly [string, string] } = {
    source: ['Filesystem', '/dev/sda1'],
    fstype: ['Type', 'ext4'],
    size: [human ? 'Size' : unit === KIB ? '1K-blocks' : unit === 1 ? '1B-blocks' : `${unit}-blocks`, show(total)],
    used: ['Used', show(used)],
    avail: ['Avail', show(available)],
    pcent: ['Use%', percent],
    itotal: ['Inodes', String(inodes.itotal)],
    iused: ['IUsed', String(inodes.iused)],
    iavail: ['IFree', String(inodes.itotal - inodes.iused)],
    ipcent: ['IUse%', '2%'],
    target: ['Mounted on', '/'],
    file: ['File', '-'],
  }
  const posix = call.args.some((word) => /^-\w*P/.test(word) || word === '--portability')
  const columns =
    output ??
    (call.args.some((word) => /^-\w*i/.test(word))
      ? ['source', 'itotal', 'iused', 'iavail', 'ipcent', 'target']
      : [
          'source',
          ...(call.args.some((word) => /^-\w*T/.test(word)) ? ['fstype'] : []),
          'size',
          'used',
          'avail',
          'pcent',
          'target',
        ])
  const head = columns.map(
    (name) =>
      (posix
        ? ({ size: `${unit}-blocks`, avail: 'Available', pcent: 'Capacity' }[name] ?? values[name]?.[0])
        : values[name]?.[0]) ?? '',
  )
  const row = columns.map((name) => values[name]?.[1] ?? '')
  const widths = head.map((text, at) => Math.max(text.length, row[at]?.length ?? 0))
  const line = (cells: readonly string[]) =>
    `${cells.map((cell, at) => (at === 0 || at === cells.length - 1 ? cell.padEnd(at === 0 ? (widths[at] ?? 0) : 0) : cell.padStart(widths[at] ?? 0))).join(' ')}\n`
  return ok(line(head) + line(row))
}

function dfOptions(args: readonly string[]): { unit: number; output: readonly string[] | undefined; human: boolean } {
  let unit = KIB
  let output: readonly string[] | undefined
  let human = false
  args.forEach((word, at) => {
    if (/^-\w*m/.test(word)) unit = KIB ** 2
    if (/^-\w*[hH]/.test(word) || word === '--human-readable') human = true
    const size = /^(?:-\w*B|--block-size=)(.*)$/.exec(word)
    if (size) unit = blockSize(size[1] || (args[at + 1] ?? ''))
    if (word.startsWith('--output')) output = word.slice('--output='.length).split(',')
  })
  return { unit, output, human }
}

function blockSize(text: string): number {
  const [, count = '', letter = ''] = /^(\d*)([KMGT]?)/.exec(text) ?? []
  return (Number(count) || 1) * KIB ** ' KMGT'.indexOf(letter || ' ')
}

function humanSize(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log2(bytes || 1) / 10))
  const value = bytes / KIB ** power
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.ceil(value)}${' KMGT'[power]?.trim()}`
}

/** `free`: a third of the memory is used. */
const free: Shim = (call, host) => {
  const unit = call.args.reduce(
    (found, word) => ({ '-b': 1, '-k': KIB, '-m': KIB ** 2, '-g': KIB ** 3 })[word] ?? found,
    KIB,
  )
  const total = host.spec.memoryMiB * 2 ** 20
  const used = Math.floor(total / 3)
  const cells = [total, used, total - used, 0, 0, total - used].map((bytes) =>
    String(Math.floor(bytes / unit)).padStart(12),
  )
  const swap = [0, 0, 0].map((bytes) => String(bytes).padStart(12))
  return ok(
    `               total        used        free      shared  buff/cache   available\nMem:    ${cells.join('')}\nSwap:   ${swap.join('')}\n`,
  )
}

/** `sysctl` on the files below `/proc/sys`. */
const sysctl: Shim = (call, host) => {
  const words = call.args.filter((word) => !word.startsWith('-'))
  const namesOnly = call.args.some((word) => /^-\w*n/.test(word))
  let [stdout, stderr] = ['', '']
  for (const word of call.args.includes('-p') ? settingsIn(host, words[0] ?? '/etc/sysctl.conf') : words) {
    const [name = '', value] = word.split('=', 2)
    const file = join(host.root, 'proc/sys', name.trim().replaceAll('.', '/'))
    if (!existsSync(file))
      stderr += `sysctl: cannot stat /proc/sys/${name.trim().replaceAll('.', '/')}: No such file or directory\n`
    else if (value !== undefined && call.user !== 'root') stderr += `sysctl: permission denied on key '${name}'\n`
    else {
      if (value !== undefined) writeFileSync(file, `${value.trim()}\n`)
      const now = readFileSync(file, 'utf8').trim()
      stdout += namesOnly ? `${now}\n` : `${name.trim()} = ${now}\n`
    }
  }
  return { code: stderr === '' ? 0 : 1, stdout, stderr }
}

/** `name=value` for each line of a file of settings. */
function settingsIn(host: Host, file: string): readonly string[] {
  const path = join(host.root, file)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter((line) => /^\s*[\w.]+\s*=/.test(line)).map((line) => line.replace(/\s*=\s*/, '=').trim())
}

const uptime: Shim = (call, host) => {
  const since = new Date(host.bootedAt()).toISOString()
  if (call.args.includes('-s')) return ok(`${since.slice(0, 10)} ${since.slice(11, 19)}\n`)
  return ok(
    ` up ${Math.floor((Date.now() - host.bootedAt()) / 60_000)} min,  1 user,  load average: 0.08, 0.03, 0.01\n`,
  )
}

const reboot: Shim = (call, host) => {
  if (call.user !== 'root')
    return fail(
      1,
      `Failed to set wall message, ignoring: Interactive authentication required.\nFailed to ${call.name} system via logind: Interactive authentication required.`,
    )
  if (call.name === 'shutdown' && !call.args.includes('-r')) return fail(1, 'shutdown: the sandbox only restarts (-r)')
  host.reboot()
  return ok()
}

export const hardwareShims: Shims = {
  df,
  free,
  sysctl,
  uptime,
  reboot,
  shutdown: reboot,
  nproc: (_, host: Host) => ok(`${host.spec.cpus}\n`),
}

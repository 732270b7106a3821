import { fail, ok, type Reply } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { unitName } from '../units.ts'
import { propertiesAsked } from './names.ts'

const CHANGING = new Set(
  'start stop restart reload try-restart reload-or-restart enable disable mask unmask daemon-reload reset-failed reboot poweroff set-default'.split(
    ' ',
  ),
)

const systemctl: Shim = async (call, host) => {
  const [verb = 'list-units', ...names] = operands(call.args)
  const quiet = call.args.some((word) => word === '-q' || word === '--quiet')
  if (CHANGING.has(verb) && call.user !== 'root') {
    const what = verb === 'daemon-reload' ? 'Failed to reload daemon' : `Failed to ${verb} ${unitName(names[0] ?? '')}`
    return fail(verb === 'daemon-reload' ? 1 : 4, `${what}: Interactive authentication required.`)
  }
  const many = (one: (name: string) => Reply | Promise<Reply>) => each(names, one)
  switch (verb) {
    case 'start':
    case 'restart':
    case 'reload-or-restart':
    case 'try-restart':
    case 'stop':
    case 'reload':
      return many((name) => job(verb, name, host))
    case 'enable':
    case 'disable':
      return many((name) => install(verb, name, call.args.includes('--now'), quiet, host))
    case 'mask':
    case 'unmask':
      return many((name) => mask(verb, name, host))
    case 'is-active':
      return many((name) => isActive(name, quiet, host))
    case 'is-failed':
      return many((name) => {
        const state = host.units.state(name)
        return { code: state === 'failed' ? 0 : 1, stdout: quiet ? '' : `${state}\n` }
      })
    case 'is-enabled':
      return many((name) => isEnabled(name, quiet, host))
    case 'is-system-running':
      return ok(quiet ? '' : 'running\n')
    case 'show':
      return ok(names.map((name) => show(name, call.args, host)).join('\n'))
    case 'status':
      return many((name) => status(name, host))
    case 'cat':
      return many((name) =>
        host.units.find(name)
          ? ok(`# ${host.units.find(name)?.path}\n`)
          : fail(1, `No files found for ${unitName(name)}.`),
      )
    case 'daemon-reload':
      host.units.reload()
      return ok()
    case 'reset-failed':
    case 'set-default':
      return ok()
    case 'list-units':
    case 'list-unit-files':
      return ok(list(verb, names, host))
    case 'reboot':
      host.reboot()
      return ok()
    case '--version':
      return ok('systemd 252 (252.31-1~deb12u1)\n')
    default:
      return fail(1, `Unknown command verb ${verb}.`)
  }
}

async function job(verb: string, name: string, host: Host): Promise<Reply> {
  await new Promise((done) => setTimeout(done, host.spec.pace))
  const unit = host.units.find(name)
  const full = unitName(name)
  const word = verb === 'reload-or-restart' ? 'restart' : verb
  if (host.units.enabled(name) === 'masked') return fail(1, `Failed to ${word} ${full}: Unit ${full} is masked.`)
  if (unit === undefined) return fail(5, `Failed to ${word} ${full}: Unit ${full} not found.`)
  const stale = host.units.stale(name)
    ? `Warning: The unit file, source configuration file or drop-ins of ${full} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`
    : ''
  if (verb === 'reload') {
    return host.units.state(name) === 'active'
      ? { code: 0, stderr: stale }
      : fail(1, `Failed to reload ${full}: Job type reload is not applicable for unit ${full}.`)
  }
  if (verb === 'try-restart' && host.units.state(name) !== 'active') return ok()
  if (verb !== 'start') await host.units.stop(name)
  if (verb === 'stop') return { code: 0, stderr: stale }
  if (await host.units.start(name)) return { code: 0, stderr: stale }
  return fail(
    1,
    `${stale}Job for ${full} failed because the control process exited with error code.\nSee "systemctl status ${full}" and "journalctl -xeu ${full}" for details.`,
  )
}

async function install(
  verb: 'enable' | 'disable',
  name: string,
  now: boolean,
  quiet: boolean,
  host: Host,
): Promise<Reply> {
  const full = unitName(name)
  if (host.units.find(name) === undefined) return fail(1, `Failed to ${verb} unit: Unit file ${full} does not exist.`)
  const said =
    verb === 'enable'
      ? host.units.enable(name).map(({ link, to }) => `Created symlink ${link} → ${to}.\n`)
      : host.units.disable(name).map((link) => `Removed "${link}".\n`)
  const stderr = quiet ? '' : said.join('')
  if (!now) return { code: 0, stderr }
  const done = (await job(verb === 'enable' ? 'start' : 'stop', name, host)) as { code: number; stderr?: string }
  return { code: done.code, stderr: stderr + (done.stderr ?? '') }
}

function mask(verb: 'mask' | 'unmask', name: string, host: Host): Reply {
  const was = host.units.enabled(name)
  host.units.mask(name, verb === 'mask')
  host.units.reload()
  const link = `/etc/systemd/system/${unitName(name)}`
  if (verb === 'mask') return { code: 0, stderr: was === 'masked' ? '' : `Created symlink ${link} → /dev/null.\n` }
  return { code: 0, stderr: was === 'masked' ? `Removed "${link}".\n` : '' }
}

function isActive(name: string, quiet: boolean, host: Host): Reply {
  const state = host.units.state(name)
  const code = state === 'active' ? 0 : host.units.find(name) ? 3 : 4
  return { code, stdout: quiet ? '' : `${state}\n` }
}

function isEnabled(name: string, quiet: boolean, host: Host): Reply {
  const state = host.units.enabled(name)
  if (state === undefined) {
    return fail(1, quiet ? '' : `Failed to get unit file state for ${unitName(name)}: No such file or directory`)
  }
  return { code: state === 'enabled' || state === 'static' ? 0 : 1, stdout: quiet ? '' : `${state}\n` }
}

function properties(name: string, host: Host): Record<string, string> {
  const unit = host.units.find(name)
  const state = host.units.state(name)
  const enabled = host.units.enabled(name)
  const since = host.units.since(name)
  const load = enabled === 'masked' ? 'masked' : unit ? 'loaded' : 'not-found'
  return {
    Type: unit?.type ?? 'simple',
    Result: state === 'failed' ? 'exit-code' : 'success',
    MainPID: state === 'active' ? String(pidOf(name)) : '0',
    ExecMainStatus: state === 'failed' ? '1' : '0',
    Id: unitName(name),
    Names: unitName(name),
    Description: unit?.description ?? unitName(name),
    LoadState: load,
    ActiveState: state,
    SubState:
      state === 'active'
        ? unitName(name).endsWith('.socket')
          ? 'listening'
          : 'running'
        : state === 'failed'
          ? 'failed'
          : 'dead',
    FragmentPath: unit?.path ?? '',
    UnitFileState: enabled ?? '',
    UnitFilePreset: unit ? 'enabled' : '',
    ActiveEnterTimestamp:
      since === undefined
        ? ''
        : new Date(since * 1000).toUTCString().replace(/(\w+), (\d+) (\w+) (\d+) (\S+) GMT/, '$1 $4-$3-$2 $5 UTC'),
    NeedDaemonReload: host.units.stale(name) ? 'yes' : 'no',
    NRestarts: '0',
  }
}

function pidOf(name: string): number {
  return 400 + [...unitName(name)].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) % 7000, 7)
}

function show(name: string, args: readonly string[], host: Host): string {
  const wanted = propertiesAsked(args)
  const all = properties(name, host)
  const value = args.includes('--value')
  const names = wanted.length === 0 ? Object.keys(all) : Object.keys(all).filter((one) => wanted.includes(one))
  return names.map((one) => `${value ? '' : `${one}=`}${all[one]}\n`).join('')
}

function status(name: string, host: Host): Reply {
  const unit = host.units.find(name)
  if (unit === undefined) return fail(4, `Unit ${unitName(name)} could not be found.`)
  const all = properties(name, host)
  const text = `${all.ActiveState === 'active' ? '●' : '○'} ${unit.name} - ${unit.description}\n     Loaded: loaded (${unit.path}; ${all.UnitFileState}; preset: enabled)\n     Active: ${all.ActiveState} (${all.SubState})\n`
  return { code: all.ActiveState === 'active' ? 0 : 3, stdout: text }
}

function list(verb: string, patterns: readonly string[], host: Host): string {
  const matches = (name: string) =>
    patterns.length === 0 ||
    patterns.some((one) => new RegExp(`^${unitName(one).replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(name))
  const units = host.units.all().filter(({ name }) => matches(name))
  return units
    .map(({ name, description }) =>
      verb === 'list-units'
        ? `  ${name} loaded ${host.units.state(name)} ${host.units.state(name) === 'active' ? 'running' : 'dead'} ${description}\n`
        : `${name} ${host.units.enabled(name)} enabled\n`,
    )
    .join('')
}

async function each(names: readonly string[], one: (name: string) => Reply | Promise<Reply>): Promise<Reply> {
  let [code, stdout, stderr] = [0, '', '']
  for (const name of names) {
    const reply = await one(name)
    if (!('code' in reply)) continue
    code = code || reply.code
    stdout += reply.stdout ?? ''
    stderr += reply.stderr ?? ''
  }
  return names.length === 0 ? fail(1, 'Too few arguments.') : { code, stdout, stderr }
}

function operands(args: readonly string[]): readonly string[] {
  return args.filter(
    (word, at) =>
      word === '--version' ||
      (!word.startsWith('-') && !/^(-p|-n|-t|--property|--type|--lines|--state)$/.test(args[at - 1] ?? '')),
  )
}

export const unitShims: Shims = {
  systemctl,
  journalctl: () => ok('-- No entries --\n'),
}

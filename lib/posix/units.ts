import {
  type Answer,
  type Change,
  join,
  NotYetError,
  problem,
  raw,
  run,
  type Script,
  sh,
  TaskError,
  update,
  type Value,
} from '../task.ts'

/** What systemd says of a unit. */
export interface Unit {
  /** `none` when the host does not run systemd. */
  readonly manager: 'systemd' | 'none'
  /** Properties by systemd's names: LoadState, ActiveState … */
  readonly properties: { readonly [name: string]: string }
  /** `enabled`, `disabled`, `static`, `masked`, `alias` …; empty when it cannot be enabled. */
  readonly enabled: string
}

export interface UnitWish {
  readonly name?: string | undefined
  readonly state?: 'started' | 'stopped' | 'restarted' | 'reloaded' | undefined
  readonly enabled?: boolean | undefined
  readonly masked?: boolean | undefined
  readonly daemon_reload: boolean
  readonly daemon_reexec: boolean
}

export type UnitAction =
  | 'daemon-reload'
  | 'daemon-reexec'
  | 'start'
  | 'stop'
  | 'restart'
  | 'reload'
  | 'enable'
  | 'disable'
  | 'mask'
  | 'unmask'

const properties =
  'Id,LoadState,ActiveState,SubState,UnitFileState,FragmentPath,NeedDaemonReload,MainPID,Description,CanReload,ActiveEnterTimestamp,Result,SourcePath'

/** Asks systemd about a unit, in one call where that is enough. */
export function unitScript(name: string | undefined, scope: 'system' | 'user' | 'global'): Script {
  const flags = scope === 'system' ? [] : [`--${scope === 'global' ? 'system' : 'user'}`]
  const lines = [
    raw(
      'if [ ! -d /run/systemd/system ] || ! command -v systemctl >/dev/null 2>&1; then echo none; exit 0; fi; echo systemd',
    ),
  ]
  if (name !== undefined) {
    lines.push(sh`u="$(systemctl ${flags} show --property=${properties} -- ${name})\n"; printf '%s==\n' "$u"`)
    // What systemd makes of a script in init.d says nothing of its links.
    const isEnabled = sh`systemctl ${scope === 'global' ? ['--global'] : flags} is-enabled -- ${name} 2>/dev/null`
    lines.push(
      sh`case $u in *LoadState=not-found*) ;; *UnitFileState=generated*|*"UnitFileState=\n"*) ${isEnabled};; esac`,
    )
  }
  return join([...lines, raw(':')])
}

export function readUnit(answer: Answer | undefined): Unit {
  const [first = '', ...rest] = (answer?.text ?? '').split('\n')
  const middle = rest.indexOf('==')
  const found = Object.fromEntries(
    rest.slice(0, Math.max(middle, 0)).flatMap((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]]
    }),
  )
  const asked = rest[middle + 1] ?? ''
  return {
    manager: first === 'systemd' ? 'systemd' : 'none',
    properties: found,
    enabled: asked !== '' ? asked : (found.UnitFileState ?? ''),
  }
}

const running = new Set(['active', 'activating', 'reloading'])
const isOn = new Set(['enabled', 'enabled-runtime', 'alias', 'static', 'indirect'])

/** What must change for the unit to be as wished, in the order in which it has to be done. */
export function unitChanges(wish: UnitWish, unit: Unit): readonly Change<UnitAction>[] {
  const { name } = wish
  const changes: Change<UnitAction>[] = []
  if (unit.manager === 'none') {
    throw new TaskError(
      problem('no-systemd', 'the host does not run systemd, so its services cannot be managed', {
        mend: 'a container without an init has no services; start programs there as containers',
      }),
    )
  }
  const { LoadState = 'not-found', ActiveState = 'inactive', NeedDaemonReload } = unit.properties
  if (wish.daemon_reexec) changes.push(run('systemd: start anew', 'daemon-reexec'))
  // A unit that systemd read after its file was last written needs no reload.
  if (wish.daemon_reload && (name === undefined || NeedDaemonReload === 'yes' || LoadState === 'not-found'))
    changes.push(run('systemd: read unit files', 'daemon-reload'))
  if (name === undefined) return changes
  const target = `service ${name}`
  if (LoadState === 'not-found' && !wish.daemon_reload && (wish.state !== undefined || wish.enabled !== undefined)) {
    if (wish.state === 'stopped' && wish.enabled !== true) return changes
    throw new NotYetError(
      problem('unit-missing', `there is no service ${name} on the host`, {
        mend: 'check its name with "systemctl list-unit-files"; after a new unit file, daemon_reload: true is needed',
      }),
    )
  }
  const masked = LoadState === 'masked' || unit.enabled.startsWith('masked')
  if (wish.masked !== undefined && wish.masked !== masked)
    changes.push(
      update(
        target,
        masked ? 'masked' : 'not masked',
        wish.masked ? 'masked' : 'not masked',
        wish.masked ? 'mask' : 'unmask',
      ),
    )
  if (wish.enabled !== undefined && wish.enabled !== isOn.has(unit.enabled) && !(unit.enabled === 'transient')) {
    changes.push(
      update(
        target,
        unit.enabled || 'disabled',
        wish.enabled ? 'enabled' : 'disabled',
        wish.enabled ? 'enable' : 'disable',
      ),
    )
  }
  const runs = running.has(ActiveState)
  if (wish.state === 'started' && !runs) changes.push(update(target, ActiveState, 'active', 'start'))
  if (wish.state === 'stopped' && (runs || ActiveState === 'deactivating'))
    changes.push(update(target, ActiveState, 'inactive', 'stop'))
  if (wish.state === 'restarted') changes.push(run(`${target}: restart`, 'restart'))
  if (wish.state === 'reloaded')
    changes.push(runs ? run(`${target}: reload`, 'reload') : update(target, ActiveState, 'active', 'start'))
  return changes
}

/** One call of systemctl; `journal` adds the unit's last lines when it fails. */
export function unitAction(
  action: UnitAction,
  name: string | undefined,
  options: { readonly scope: 'system' | 'user' | 'global'; readonly noBlock: boolean; readonly force: boolean },
): Script {
  const flags = options.scope === 'system' ? [] : [`--${options.scope}`]
  if (options.noBlock && ['start', 'stop', 'restart', 'reload'].includes(action)) flags.push('--no-block')
  if (options.force && ['enable', 'disable', 'mask'].includes(action)) flags.push('--force')
  if (action === 'daemon-reload' || action === 'daemon-reexec') return sh`systemctl ${[...flags, action]}`
  const journal = options.scope === 'user' ? ['--user-unit', name ?? ''] : ['--unit', name ?? '']
  return sh`systemctl ${[...flags, action]} -- ${name ?? ''} || { c=$?; journalctl --no-pager --quiet --lines=15 --output=cat ${journal} >&2 2>/dev/null; exit $c; }`
}

/** The values that Ansible's systemd returns. */
export function unitValues(wish: UnitWish, unit: Unit): { readonly [key: string]: Value } {
  const { name, state, enabled } = wish
  const runs = running.has(unit.properties.ActiveState ?? '')
  return {
    ...(name !== undefined && { name }),
    ...(state !== undefined && { state: runs ? 'started' : 'stopped' }),
    ...(enabled !== undefined && { enabled: isOn.has(unit.enabled) }),
    status: unit.properties,
  }
}

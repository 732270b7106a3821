import { type Change, type Io, problem, type Result, TaskError } from '../task.ts'
import { everyCode } from './place.ts'
import { type UnitAction, unitAction } from './units.ts'

export interface UnitOptions {
  readonly name?: string | undefined
  readonly scope: 'system' | 'user' | 'global'
  readonly no_block: boolean
  readonly force: boolean
}

/** Makes one change of a service; throws TaskError `service-failed` with what systemd and the service's own log say. */
export async function applyUnit(
  { data: action }: Change<UnitAction>,
  io: Io,
  options: UnitOptions,
): Promise<Result | undefined> {
  const { name, scope, no_block, force } = options
  const { code, stderr, stdout } = await io.sh(unitAction(action, name, { scope, noBlock: no_block, force }), {
    expect: everyCode,
  })
  if (code !== 0) {
    const said = `${stderr}${stdout}`.trim()
    throw new TaskError(
      problem(
        'service-failed',
        `systemd could not ${action} ${name ?? 'itself'}: ${said.split('\n')[0] ?? `exit code ${code}`}`,
        {
          detail: said,
          mend: name === undefined ? undefined : `on the host: systemctl status ${name}; journalctl -u ${name}`,
        },
      ),
    )
  }
  return action.startsWith('daemon-') ? { changed: false } : { values: { ...(name !== undefined && { name }) } }
}

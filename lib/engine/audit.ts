import { problem, ToolError } from '../core/diagnostic.ts'
import type { Stats } from '../core/event.ts'
import { sh } from '../core/script.ts'
import type { HostState } from './host-state.ts'
import type { Run } from './run.ts'

/** The line that is left on a host which a run has changed. */
export type Audit = (stats: Readonly<Stats>) => string

const log = '/var/log/ametys-rocketchat.log'

/** Milliseconds that leaving it may take. */
const patience = 10_000

/**
 * Leaves a line in the log of a host that the run has changed, with giving the lock back where the same account does both;
 * others cost no trip. It is no part of the work: who may not
 * write there is told so with `-v` only.
 */
export async function leaveAuditLine(run: Run, host: HostState): Promise<void> {
  const { audit, options } = run
  const changed = host.changedTasks.length > 0 && !options.check
  if (audit === undefined || !changed || run.signal.aborted) return
  if (host.out === 'unreachable' || !host.linked || host.isThisMachine) return
  const script = sh`umask 027; printf '%s\n' ${audit(host.stats)} >> ${log}`
  try {
    const along = await host.unlock({ script, become: host.root })
    if (along?.trouble !== undefined) tell(run, host, along.trouble)
    if (along !== undefined) return
    const connection = await host.connection()
    const { code, stderr } = await connection.exec(script, {
      become: host.root,
      timeout: patience,
      what: 'leaving a line in the log of the host',
    })
    if (code !== 0) tell(run, host, stderr.toString())
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    tell(run, host, error.message)
  }
}

function tell({ options, emit }: Run, host: HostState, why: string): void {
  if (options.verbosity === 0) return
  const diagnostic = problem('no-audit-line', `no line about this run was left in ${log}`, {
    detail: why.trim(),
    mend: 'that takes root, or an account that may write there; the record on this machine is complete without it',
  })
  emit({ kind: 'diagnostic', host: host.name, diagnostic: { ...diagnostic, severity: 'warning' } })
}

import { type Diagnostic, problem } from '../core/diagnostic.ts'
import { shortened } from '../core/text.ts'
import { type LockRecord, readRecord } from './record.ts'
import type { Told } from './scripts.ts'

type Found = NonNullable<Told['found']>

/** Whose lock it is, since when and for what, as it stands on the host. */
export function describe(host: string, { run: _, owner, pid, started, purpose }: LockRecord): string {
  return `${owner} (process ${pid}) works on ${host} since ${started}: ${purpose}`
}

/** Another run has the lock; by the host's clock it is known how long its lease still runs. */
export function refusal(host: string, told: Told, found: Found): Diagnostic {
  const holder = readRecord(found.text)
  const age = Math.max(0, told.now - found.renewed)
  if (!holder) return unreadable(host, told, found, age)
  const left = holder.lease - age
  if (left >= 0) {
    return problem('host-locked', describe(host, holder), {
      detail: `its lease was renewed ${age} s ago and runs ${left} s more; nothing was changed\nlock: ${told.file} on ${host}`,
      mend: 'wait until that run has ended; --take-over makes it stop before its next write',
    })
  }
  return problem('lock-stale', `${describe(host, holder)}, and has not been heard of for ${age} s`, {
    detail: `its lease of ${holder.lease} s has run out; what it was doing may be half done, and nothing was changed\nlock: ${told.file} on ${host}`,
    mend: `ask ${holder.owner} whether that run has ended, then run with --take-over`,
  })
}

function unreadable(host: string, { file }: Told, { kind, account, text }: Found, age: number): Diagnostic {
  const isFile = kind.startsWith('regular')
  return problem('lock-unreadable', `what lies at ${file} on ${host} is no lock that this program wrote`, {
    detail: `a ${kind} of ${account}, changed ${age} s ago${isFile ? `, that begins with: ${JSON.stringify(shortened(text, 80))}` : ''}`,
    mend: isFile ? 'look at it on the host, then run with --take-over' : 'look at it on the host and remove it',
  })
}

/** The lock could not be made: no room, no permission. */
export function stuck(host: string, file: string, said: string): Diagnostic {
  return problem(
    'lock-failed',
    `the lock ${file} could not be made or renewed on ${host}, so nothing is changed there`,
    {
      detail: said,
      mend: 'see that the folder can be written to, or name another one in ansible_lock_folder for all who work on this host',
    },
  )
}

/** The lock is to be taken over, and the host does not let this account do it. */
export function kept(host: string, { file }: Told, { account }: Found, said: string): Diagnostic {
  return problem(
    'lock-not-ours',
    `the lock on ${host} belongs to its account ${account} and cannot be taken over by ours`,
    {
      detail: said,
      mend: `run as ${account} or as root (-b), or remove ${file} there`,
    },
  )
}

/** The lock was ours and is no more. */
export function lost(host: string, told: Told, lease: number): Diagnostic {
  const holder = told.found && readRecord(told.found.text)
  const why =
    told.verdict === 'late'
      ? `nothing was heard of this run for more than ${lease} s, so its lease has run out`
      : told.found === undefined
        ? 'somebody has removed it'
        : holder
          ? `taken over: ${describe(host, holder)}`
          : 'something else lies in its place'
  return problem(
    'lock-lost',
    `the lock on ${host} is not ours any more (${why}): this run changes nothing more there`,
    {
      detail: `lock: ${told.file} on ${host}`,
      mend: 'see what the other run did, then run again: it begins by looking',
    },
  )
}

/** Says that the lock of another run was taken. */
export function takenOver(host: string, found: Found, ownDead: boolean): Diagnostic {
  const holder = readRecord(found.text)
  const message = ownDead
    ? `an earlier run of ours (process ${holder?.pid}, ${holder?.purpose}, since ${holder?.started}) ended without giving its lock on ${host} back; this one takes its place`
    : `the lock on ${host} was taken over${holder ? ` from another run: ${describe(host, holder)}` : ''}`
  return { ...problem('lock-taken-over', message), severity: 'warning' }
}

/** Says that the lock stayed behind. */
export function leftBehind(host: string, file: string, lease: number, why: string): Diagnostic {
  return {
    ...problem('lock-left', `the lock on ${host} could not be given back`, {
      detail: why,
      mend: `the next run from here takes it; others can from ${lease} s on with --take-over, or remove ${file} there`,
    }),
    severity: 'warning',
  }
}

import { type Fields, reader } from './fields.ts'
import type { HealthcheckConfig, RestartPolicy } from './records.ts'
import { badParameter, conflict } from './refusal.ts'

/** Refuses names the engine refuses; `prefix` goes before its sentence. */
export const checkName = (name: string, prefix = ''): void => {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    throw badParameter(`${prefix}Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`)
  }
}

/** The refusal of a name that another container has. */
export const nameTaken = (name: string, owner: string, prefix = ''): Error =>
  conflict(
    `${prefix}Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
  )

const policies: readonly RestartPolicy['Name'][] = ['no', 'always', 'unless-stopped', 'on-failure']

/** A restart policy out of a request; an empty name means `no`. Throws 400 for policies that do not exist. */
export const restartPolicy = (wish: Fields | undefined): RestartPolicy => {
  const policy = reader('RestartPolicy', wish)
  const Name = policies.find((name) => name === (policy.text('Name') || 'no'))
  const MaximumRetryCount = policy.number('MaximumRetryCount') ?? 0
  if (Name === undefined) {
    throw badParameter(
      `invalid restart policy: unknown policy '${policy.text('Name')}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    )
  }
  if (MaximumRetryCount !== 0 && Name !== 'on-failure') {
    throw badParameter("invalid restart policy: maximum retry count can only be used with 'on-failure'")
  }
  if (MaximumRetryCount < 0) throw badParameter('invalid restart policy: maximum retry count cannot be negative')
  return { Name, MaximumRetryCount }
}

/** The shortest time a health check may name: one millisecond, in nanoseconds. */
const shortest = 1_000_000

/** A health check out of a request. Throws 400 for times and counts that the engine refuses. */
export const healthcheck = (wish: Fields | undefined): HealthcheckConfig | undefined => {
  if (wish === undefined) return undefined
  const check = reader('Healthcheck', wish)
  for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const value = check.number(name) ?? 0
    if (value !== 0 && value < shortest) throw badParameter(`${name} in Healthcheck cannot be less than 1ms`)
  }
  if ((check.number('Retries') ?? 0) < 0) throw badParameter('Retries in Healthcheck cannot be negative')
  check.texts('Test')
  return wish
}

const signals = [
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'BUS',
  'FPE',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
  'STKFLT',
  'CHLD',
  'CONT',
  'STOP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'XCPU',
  'XFSZ',
  'VTALRM',
  'PROF',
  'WINCH',
  'IO',
  'PWR',
  'SYS',
]

/** A signal by name (with or without SIG) or number, as `SIGTERM`. Throws 400 for what is none. */
export const signalName = (wish: string): string => {
  const bare = wish.toUpperCase().replace(/^SIG/, '')
  const name = /^\d+$/.test(bare) ? signals[Number(bare) - 1] : bare
  if (name !== undefined && (signals.includes(name) || /^RTM(?:IN|AX)(?:[+-]\d+)?$/.test(name))) return `SIG${name}`
  throw badParameter(`invalid signal: ${wish}`)
}

const capabilities = new Set(
  `AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID
  IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW
  PERFMON SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO
  SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM ALL`.split(/\s+/),
)

/** Refuses capabilities that Linux does not have. */
export const checkCapabilities = (field: 'CapAdd' | 'CapDrop', names: readonly string[]): void => {
  for (const name of names) {
    const bare = name.toUpperCase().replace(/^CAP_/, '')
    if (!capabilities.has(bare)) throw badParameter(`invalid ${field}: unknown capability: "CAP_${bare}"`)
  }
}

const drivers: Readonly<Record<string, readonly string[]>> = {
  'json-file': ['max-size', 'max-file', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag'],
  local: ['max-size', 'max-file', 'compress'],
  journald: ['tag', 'labels', 'labels-regex', 'env', 'env-regex'],
  syslog: ['syslog-address', 'syslog-facility', 'syslog-format', 'tag', 'labels', 'env'],
  none: [],
}

/** Refuses log drivers and options that do not exist. */
export const checkLogConfig = (type: string, config: Readonly<Record<string, string>>): void => {
  const options = drivers[type]
  if (options === undefined) {
    throw badParameter(
      `error looking up logging plugin ${type}: could not find plugin ${type} in v1 plugin registry: plugin not found`,
    )
  }
  const odd = Object.keys(config).find((name) => !options.includes(name))
  if (odd !== undefined) throw badParameter(`unknown log opt '${odd}' for ${type} log driver`)
}

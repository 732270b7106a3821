import { type Version, versionText } from '../rocketchat/version.ts'
import { type Diagnostic, problem } from '../task.ts'
import { certificateRow, type SeenCertificate } from './certificate-row.ts'
import { days, type Row, warning } from './row.ts'
import type { SeenContainer, SeenDatabase, SeenMachine } from './seen.ts'

/** All that was seen of one installation. */
export interface Seen {
  readonly machine: SeenMachine
  /** Version of the engine, or why it cannot be asked. */
  readonly engine: string | Diagnostic
  readonly chat: SeenContainer | undefined
  readonly database: SeenContainer | undefined
  /** The proxy in front; `none` where it is not ours. */
  readonly proxy: SeenContainer | undefined | 'none'
  readonly mongo: SeenDatabase | { readonly trouble: string }
  /** The server's version and how long it may be written to, or why it does not say. */
  readonly server: { readonly version: Version; readonly daysLeft: number | undefined } | { readonly trouble: string }
  /** The account that the kept token belongs to, or why it is of no use; undefined when nobody could be asked. */
  readonly token: { readonly account: string } | { readonly trouble: string } | undefined
  /** Undefined when the address is not https, or there is nothing to look at (a rehearsal). */
  readonly certificate: SeenCertificate | { readonly trouble: string } | undefined
}

/** GiB below which MongoDB soon stops writing, and below which it is time to act. */
const diskFull = 1
const diskLow = 5

/** The status as a table, one line for each part, and what is wrong with them. */
export function report(seen: Seen): { readonly table: string; readonly findings: readonly Diagnostic[] } {
  const rows = [
    chatRow(seen),
    databaseRow(seen),
    writingRow(seen),
    tokenRow(seen),
    proxyRow(seen),
    certificateRow(seen.certificate, seen.machine.now),
    engineRow(seen),
    machineRow(seen),
  ].flatMap((row) => (row === undefined ? [] : [row]))
  const width = Math.max(...rows.map(({ name }) => name.length))
  return {
    table: rows.map(({ name, text }) => `${name.padEnd(width)}  ${text}`).join('\n'),
    findings: rows.flatMap((row) => row.findings),
  }
}

function chatRow({ chat, server, machine, engine }: Seen): Row {
  const version = 'version' in server ? versionText(server.version) : (tagOf(chat) ?? 'of unknown version')
  const trouble = containerTrouble('Rocket.Chat', 'rocketchat', chat, engine)
  const silent =
    trouble === undefined && 'trouble' in server && typeof engine === 'string'
      ? problem('server-silent', `Rocket.Chat does not answer: ${server.trouble}`, {
          mend: 'look at what it writes: npx zx playbooks/logs.ts --service rocketchat',
        })
      : undefined
  return {
    name: 'Rocket.Chat',
    text: `${version}, ${stateOf(chat, machine, engine)}${silent === undefined ? '' : ', does not answer'}`,
    findings: [...(trouble ? [trouble] : []), ...(silent ? [silent] : [])],
  }
}

function databaseRow({ database, mongo, machine, engine }: Seen): Row {
  const trouble = containerTrouble('MongoDB', 'mongodb', database, engine)
  const version = 'version' in mongo ? mongo.version : (tagOf(database) ?? 'of unknown version')
  const role =
    'trouble' in mongo
      ? 'does not answer'
      : mongo.primary
        ? `primary of ${mongo.set}`
        : `not primary of ${mongo.set ?? 'any set'}`
  const findings = trouble ? [trouble] : []
  if (trouble === undefined && 'trouble' in mongo && typeof engine === 'string')
    findings.push(
      problem('database-silent', `MongoDB does not answer: ${mongo.trouble}`, {
        mend: 'look at what it writes: npx zx playbooks/logs.ts --service mongodb',
      }),
    )
  else if (trouble === undefined && 'primary' in mongo && !mongo.primary)
    findings.push(
      problem('no-primary', 'MongoDB is not a writable primary: Rocket.Chat can neither read nor write', {
        mend: 'run install.ts again, which repairs the replica set, or look at npx zx playbooks/logs.ts --service mongodb',
      }),
    )
  return { name: 'MongoDB', text: `${version}, ${stateOf(database, machine, engine)}, ${role}`, findings }
}

/** A proxy that does not run is why nobody gets in, although all else is well. */
function proxyRow({ proxy, machine, engine }: Seen): Row | undefined {
  if (proxy === 'none') return undefined
  const trouble = containerTrouble('The proxy', 'caddy', proxy, engine)
  return {
    name: 'Proxy',
    text: `Caddy ${tagOf(proxy) ?? 'of unknown version'}, ${stateOf(proxy, machine, engine)}`,
    findings: trouble ? [trouble] : [],
  }
}

function writingRow({ server }: Seen): Row | undefined {
  if ('trouble' in server) return undefined
  const { daysLeft } = server
  const mend =
    'let the server reach https://collector.rocket.chat (its statistics report lifts the restriction), or give it a licence'
  if (daysLeft === undefined) return { name: 'Messages', text: 'can be written', findings: [] }
  if (daysLeft === 0)
    return {
      name: 'Messages',
      text: 'cannot be written: the workspace is read-only',
      findings: [problem('restricted-workspace', 'the workspace is read-only: nobody can send messages', { mend })],
    }
  const text = `can be written, read-only in ${days(daysLeft)} without a statistics report`
  // The server itself says nothing for three days and warns for seven (rocketchat.md 10.2).
  const findings =
    daysLeft <= 7 ? [warning('restriction-near', `the workspace becomes read-only in ${days(daysLeft)}`, { mend })] : []
  return { name: 'Messages', text, findings }
}

function tokenRow({ token }: Seen): Row {
  if (token === undefined) return { name: 'Token', text: 'not known while the server does not answer', findings: [] }
  if ('account' in token) return { name: 'Token', text: `works, belongs to ${token.account}`, findings: [] }
  return {
    name: 'Token',
    text: `does not work: ${token.trouble}`,
    findings: [
      problem('token-useless', `Ametys cannot use its token: ${token.trouble}`, {
        mend: 'run configure.ts, which makes one, and enter it in Ametys (npx zx scripts/token.ts shows it)',
      }),
    ],
  }
}

function engineRow({ engine }: Seen): Row {
  if (typeof engine === 'string') return { name: 'Docker', text: engine, findings: [] }
  return { name: 'Docker', text: 'does not answer', findings: [engine] }
}

function machineRow({ machine }: Seen): Row {
  const { system, uptimeSeconds, disk, memory } = machine
  const mend = 'free some: old images with "docker image prune -a"; or enlarge the disk'
  const message = `${disk.freeGiB.toFixed(1)} GiB are free on the disk of ${disk.path}`
  const findings =
    disk.freeGiB < diskFull
      ? [problem('disk-full', message, { mend })]
      : disk.freeGiB < diskLow
        ? [warning('disk-low', message, { mend })]
        : []
  const memoryText = `${(memory.availableMiB / 1024).toFixed(1)} of ${(memory.totalMiB / 1024).toFixed(1)} GiB memory`
  return {
    name: 'Machine',
    text: `${system}, up ${span(uptimeSeconds)}, free: ${disk.freeGiB.toFixed(1)} of ${disk.sizeGiB.toFixed(1)} GiB disk, ${memoryText}`,
    findings,
  }
}

/** Without an engine that answers nothing is known of its containers; that is told once, with the engine. */
function containerTrouble(
  what: string,
  name: string,
  container: SeenContainer | undefined,
  engine: Seen['engine'],
): Diagnostic | undefined {
  if (typeof engine !== 'string') return undefined
  const logs = `npx zx playbooks/logs.ts --service ${name}`
  if (container === undefined)
    return problem('container-missing', `${what} is not installed: there is no container ${name}`, {
      mend: 'install it with playbooks/install.ts',
    })
  if (!container.running)
    return problem(
      'container-stopped',
      `${what} does not run: its container ended with exit code ${container.exitCode}`,
      {
        mend: `start it with playbooks/start.ts; when it does not stay up, look at ${logs}`,
      },
    )
  if (container.health === undefined || container.health === 'healthy') return undefined
  const detail = container.said === '' ? undefined : `its last health check: ${container.said}`
  return container.health === 'starting'
    ? problem('container-starting', `${what} is still starting`, { detail, mend: 'look again in a minute' })
    : problem('container-unhealthy', `${what} runs, but is ${container.health}`, { detail, mend: `look at ${logs}` })
}

function stateOf(container: SeenContainer | undefined, { now }: SeenMachine, engine: Seen['engine']): string {
  if (typeof engine !== 'string') return 'not known while Docker does not answer'
  if (container === undefined) return 'not installed'
  if (!container.running) return 'stopped'
  const restarts = container.restarts === 0 ? '' : `, restarted ${container.restarts} times by Docker`
  return `${container.health ?? 'running'}, up ${span(Math.max(0, (now - container.startedAt) / 1000))}${restarts}`
}

function tagOf(container: SeenContainer | undefined): string | undefined {
  return /:([^:/@]+)(?:@|$)/.exec(container?.image ?? '')?.[1]
}

/** Seconds as a person says them: `3 d 4 h`, `5 min`. */
function span(seconds: number): string {
  const whole = Math.floor(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`
}

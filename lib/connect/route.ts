import { ConnectError, problem } from '../core/diagnostic.ts'
import type { Target } from '../core/host.ts'
import type { Text } from '../core/secret.ts'
import { type ConfigLine, type SshSettings, sshSettings } from './ssh-config.ts'

/** Whose SSH set-up is used: nothing of it is looked up in the environment here. */
export interface Account {
  /** Login name on this machine; the remote one when nothing else is said. */
  readonly name: string
  readonly home: string
  /** Value of SSH_AUTH_SOCK. */
  readonly agent?: string | undefined
  /** By default `~/.ssh/config` and `/etc/ssh/ssh_config`. */
  readonly configFiles?: readonly string[] | undefined
  /** Tried when no key is asked for; by default id_ed25519, id_ecdsa and id_rsa in `~/.ssh`. */
  readonly identityFiles?: readonly string[] | undefined
}

/** A private key to try; `asked` ones come from the inventory and must be usable. */
export interface KeySource {
  readonly path?: string
  readonly text?: Text
  readonly passphrase?: Text | undefined
  readonly origin: 'asked' | 'configured' | 'default'
}

/** One SSH server on the way, the last one being the target. */
export interface Hop {
  /** As the inventory or the jump list names it. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly keys: readonly KeySource[]
  /** Only keys of `keys` are used of the agent. */
  readonly identitiesOnly: boolean
  readonly agent: string | undefined
  readonly password: Text | undefined
  readonly hostKeys: 'strict' | 'accept-new'
  /** Name to look up in known_hosts. */
  readonly knownAs: string
  readonly knownHosts: string | undefined
  readonly knownHostsFiles: readonly string[]
  /** Where a new key is recorded; undefined when there is no such file. */
  readonly record: string | undefined
  /** Milliseconds between two signs of life. */
  readonly aliveInterval: number
  /** Milliseconds until connecting is given up. */
  readonly connectTimeout: number
  /** For the operator: lines of the configuration that were left out. */
  readonly notes: readonly string[]
}

/** Seconds for connecting when neither the inventory nor the SSH configuration says. */
const usualTimeout = 30

const systemKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

/**
 * The way to a target: its jump hosts in order, then itself. What the inventory says wins over `config`, the lines of
 * the account's SSH configuration. A jump host gets the target's key as well, after its own, but never its password.
 * Throws ConnectError `user-missing`, `proxy-command-unsupported`, `jump-loop`.
 */
export function route(target: Target, account: Account | undefined, config: readonly ConfigLine[]): Hop[] {
  const asker = { alias: target.address, user: target.user, local: account?.name ?? '' }
  const settings = sshSettings(config, asker)
  const jump = target.jump ?? jumpOf(settings, target.address)
  const keys: KeySource[] = [
    ...(target.key === undefined
      ? []
      : [{ text: target.key, passphrase: target.passphrase, origin: 'asked' as const }]),
    ...(target.keyFile === undefined
      ? []
      : [{ path: home(target.keyFile, account), passphrase: target.passphrase, origin: 'asked' as const }]),
  ]
  const last = hop(target, settings, account, keys)
  const before = jumps(jump, target, account, config, keys, [])
  return [...before, last]
}

function jumps(
  list: string | undefined,
  target: Target,
  account: Account | undefined,
  config: readonly ConfigLine[],
  keys: readonly KeySource[],
  seen: readonly string[],
): Hop[] {
  if (list === undefined || list.toLowerCase() === 'none') return []
  return list.split(',').flatMap((spec, index) => {
    const { host, user, port } = parseJump(spec.trim())
    const path = [...seen, spec.trim()]
    if (seen.includes(spec.trim())) {
      throw new ConnectError(
        problem('jump-loop', `the jump hosts lead in a circle: ${path.join(' → ')}`, {
          mend: 'correct ProxyJump in ~/.ssh/config (a `Host *` block needs `ProxyJump none` for the jump host itself)',
        }),
      )
    }
    const settings = sshSettings(config, { alias: host, user, local: account?.name ?? '' })
    // Only the first of a list may itself need a jump; the others are reached from the one before.
    const before = index > 0 ? [] : jumps(jumpOf(settings, host), target, account, config, keys, path)
    const { hostKeys, knownHosts, knownHostsFiles, agent, connectTimeout } = target
    const asJump: Target = {
      via: 'ssh',
      address: host,
      hostKeys,
      ...(connectTimeout !== undefined && { connectTimeout }),
      ...(knownHosts !== undefined && { knownHosts }),
      ...(knownHostsFiles !== undefined && { knownHostsFiles }),
      ...(agent !== undefined && { agent }),
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port }),
    }
    return [...before, hop(asJump, settings, account, [], keys)]
  })
}

/** `user@host:port`, `[::1]:22`, `ssh://user@host:port`. */
function parseJump(spec: string): { host: string; user: string | undefined; port: number | undefined } {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:]+|[^:]*:[^:]*:.*?))(?::(\d+))?$/.exec(spec) ?? []
  const host = bracketed ?? plain ?? spec
  return { host, user, port: port === undefined ? undefined : Number(port) }
}

/** ProxyJump, or the old way to say it: `ProxyCommand ssh -W %h:%p jump`. */
function jumpOf({ proxyJump, proxyCommand }: SshSettings, alias: string): string | undefined {
  if (proxyJump !== undefined) return proxyJump
  if (proxyCommand === undefined || proxyCommand.toLowerCase() === 'none') return undefined
  const old = /^(?:\S*\/)?ssh\s+(?:-q\s+)?(?:-W\s*\[?%h\]?:%p\s+(\S+)|(\S+)\s+-W\s*\[?%h\]?:%p)$/.exec(proxyCommand)
  const jump = old?.[1] ?? old?.[2]
  if (jump !== undefined && !jump.startsWith('-')) return jump
  throw new ConnectError(
    problem('proxy-command-unsupported', `${alias} is reached with a ProxyCommand, which this program does not run`, {
      detail: proxyCommand,
      mend: 'use ProxyJump in ~/.ssh/config, or name the jump hosts in the inventory',
    }),
  )
}

function hop(
  target: Target,
  settings: SshSettings,
  account: Account | undefined,
  keys: readonly KeySource[],
  lateKeys: readonly KeySource[] = [],
): Hop {
  const host = settings.hostName?.replaceAll('%h', target.address).replaceAll('%%', '%') ?? target.address
  const user = target.user ?? settings.user ?? account?.name
  if (user === undefined) {
    throw new ConnectError(
      problem('user-missing', `no account is given to log in to ${target.address}`, {
        mend: 'set ansible_user for the host',
      }),
    )
  }
  const port = target.port ?? settings.port ?? 22
  const path = (text: string) => home(tokens(text, { host, user, port, alias: target.address, account }), account)
  const configured = settings.identityFiles
    .filter((one) => one.toLowerCase() !== 'none')
    .map((one) => ({ path: path(one), passphrase: target.passphrase, origin: 'configured' as const }))
  const asked = [...keys, ...configured, ...lateKeys]
  const own = account === undefined ? [] : (account.identityFiles ?? defaultIdentities(account))
  const userFiles =
    target.knownHostsFiles ??
    settings.userKnownHostsFiles?.map(path) ??
    (account === undefined ? [] : [`${account.home}/.ssh/known_hosts`])
  const systemFiles =
    target.knownHostsFiles === undefined ? (settings.globalKnownHostsFiles?.map(path) ?? systemKnownHosts) : []
  // `no` would let a changed key pass as well; nothing does that here.
  const lenient = ['accept-new', 'no', 'off'].includes(settings.strictHostKeyChecking ?? '')
  return {
    name: target.address,
    host,
    port,
    user,
    keys: [
      ...asked,
      ...(settings.identityFiles.length > 0
        ? []
        : own.map((one) => ({ path: one, passphrase: target.passphrase, origin: 'default' as const }))),
    ],
    identitiesOnly: settings.identitiesOnly ?? false,
    agent: agentOf(target.agent ?? settings.identityAgent, account, path),
    password: target.password,
    hostKeys: target.hostKeys === 'accept-new' || lenient ? 'accept-new' : 'strict',
    knownAs: settings.hostKeyAlias ?? host,
    knownHosts: target.knownHosts,
    knownHostsFiles: [...userFiles, ...systemFiles].filter((one) => one.toLowerCase() !== 'none'),
    record: userFiles.find((one) => one.toLowerCase() !== 'none'),
    aliveInterval: (settings.serverAliveInterval || 10) * 1000,
    // The target always has a value, be it the default: the more patient one holds.
    connectTimeout: target.connectTimeout ?? (settings.connectTimeout ?? usualTimeout) * 1000,
    notes: settings.notes,
  }
}

function defaultIdentities({ home }: Account): string[] {
  return ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `${home}/.ssh/${name}`)
}

/** `none`, the word SSH_AUTH_SOCK or a variable for the account's own agent, or a path. */
function agentOf(
  wish: string | undefined,
  account: Account | undefined,
  path: (text: string) => string,
): string | undefined {
  if (wish === undefined || wish === 'SSH_AUTH_SOCK' || wish.startsWith('$')) return account?.agent
  return wish.toLowerCase() === 'none' ? undefined : path(wish)
}

/** Paths of ssh_config(5), "TOKENS". */
function tokens(
  text: string,
  about: { host: string; user: string; port: number; alias: string; account: Account | undefined },
): string {
  const values: { readonly [token: string]: string | undefined } = {
    '%': '%',
    d: about.account?.home,
    h: about.host,
    n: about.alias,
    p: String(about.port),
    r: about.user,
    u: about.account?.name,
  }
  return text.replace(/%(.)/g, (all, token: string) => values[token] ?? all)
}

function home(path: string, account: Account | undefined): string {
  return account === undefined ? path : path.replace(/^~(?=\/|$)/, account.home)
}

import type { Duplex } from 'node:stream'
import type { AnyAuthMethod, ParsedKey, ServerHostKeyAlgorithm } from 'ssh2'
import type { Connection } from '../core/connection.ts'
import { ConnectError, problem } from '../core/diagnostic.ts'
import type { Target } from '../core/host.ts'
import { coalesced } from './coalesce.ts'
import { hostKeyAlgorithms, judge, type Trust } from './host-keys.ts'
import { type Identities, identities } from './identities.ts'
import { recordKnownHost } from './known-hosts-file.ts'
import { unlessAborted } from './launch.ts'
import { offers } from './offers.ts'
import { prepareKeys } from './prepared-keys.ts'
import { type Deadline, deadline, endedEarly, insist, tcp } from './reach.ts'
import { type Account, type Hop, route } from './route.ts'
import { shellConnection } from './shell-connection.ts'
import { readSshConfig } from './ssh-config-file.ts'
import { Client } from './ssh-library.ts'
import { keysOfAgent, methodOf, parseKey } from './ssh-proofs.ts'
import { asSocket, type Link, openChannel, transportOf, watch } from './ssh-transport.ts'
import { cannotTalk, jumpFailed } from './ssh-trouble.ts'
import { gatherTrust } from './trust.ts'

export interface SshOptions {
  readonly signal: AbortSignal
  /** What is being waited for, for a live display. */
  readonly onProgress?: ((text: string) => void) | undefined
  /** Whose SSH configuration, keys and agent are used; without it only what the target says. */
  readonly account?: Account | undefined
}

/** The least time for a login: PAM delays wrong passwords by seconds, and an agent may ask its owner. */
const shortestLogin = 30_000

/**
 * Opens the link to a host, over its jump hosts when there are any. `target.connectTimeout` bounds each server on the way
 * up to the exchange of keys; the login may take as long again, but at least 30 s. Throws ConnectError.
 */
export async function connectSsh(target: Target, options: SshOptions): Promise<Required<Connection>> {
  const { account, signal, onProgress } = options
  const files = account?.configFiles ?? (account ? [`${account.home}/.ssh/config`, '/etc/ssh/ssh_config'] : [])
  const hops = route(target, account, readSshConfig(files, account?.home ?? '/'))
  const links: Link[] = []
  try {
    for (const hop of hops) {
      for (const note of hop.notes) onProgress?.(note)
      onProgress?.(`connecting to ${hop.name}`)
      links.push(await link(hop, links.at(-1), signal, onProgress))
    }
    const last = links.at(-1)
    if (last === undefined) throw new Error('a route has at least one hop')
    return shellConnection(transportOf(target.address, links, last), { together: true })
  } catch (error) {
    for (const one of links) one.client.destroy()
    throw error
  }
}

async function link(
  hop: Hop,
  via: Link | undefined,
  signal: AbortSignal,
  onProgress: SshOptions['onProgress'],
): Promise<Link> {
  const agentKeys = await keysOfAgent(hop.agent)
  const proofs = identities<ParsedKey>(hop, agentKeys.keys, parseKey)
  const notes = [...proofs.notes, ...agentKeys.notes]
  const limit = deadline(hop, hop.connectTimeout, signal)
  const open = async () => (via === undefined ? await tcp(limit) : await through(via, limit))
  try {
    const trust = await insist(limit, () => gatherTrust(hop, open, limit.signal), onProgress)
    return await insist(
      limit,
      async () => {
        const stream = await open()
        const bytes = via?.bytes ?? (stream as unknown as Link['bytes'])
        return login(stream, bytes, trust, { ...proofs, notes }, limit, signal)
      },
      onProgress,
    )
  } finally {
    limit.end()
  }
}

/** A stream to the next server, as the one before sees it. */
async function through(via: Link, limit: Deadline): Promise<Duplex> {
  const { hop, signal } = limit
  limit.phase = 'dial'
  const open = openChannel(
    via,
    (done) => via.client.forwardOut('127.0.0.1', 0, hop.host, hop.port, done),
    (error) => jumpFailed(hop, via.hop, error),
  )
  try {
    return asSocket(await unlessAborted(open, signal, (channel) => channel.close()), via)
  } catch (error) {
    throw signal.aborted ? limit.error() : error
  }
}

/** SSH's side of a connection: greeting, host key, login. The time for the login starts when the keys are exchanged. */
function login(
  stream: Duplex,
  bytes: Link['bytes'],
  trust: Trust,
  proofs: Identities<ParsedKey>,
  limit: Deadline,
  run: AbortSignal,
): Promise<Link> {
  const { hop } = limit
  const client = new Client()
  const made: Link = { hop, client, bytes, lost: undefined }
  const { promise, resolve, reject } = Promise.withResolvers<Link>()
  let current = limit
  let ready = false
  const fail = (error: Error) => {
    reject(error)
    client.destroy()
    stream.destroy()
  }
  const late = () => fail(current.error())
  const start = (next: Deadline) => {
    stop()
    current = next
    current.signal.addEventListener('abort', late, { once: true })
  }
  const stop = () => {
    // The limit is for all attempts together: it goes on when this one fails.
    if (current !== limit) current.end()
    current.signal.removeEventListener('abort', late)
  }
  const offer = offers(hop, proofs)
  let accepted: Buffer | undefined
  let newLine: string | undefined
  let recorded: Promise<void> = Promise.resolve()

  limit.phase = 'greeting'
  limit.signal.addEventListener('abort', late, { once: true })
  client.on('error', (error: Error & { level?: string }) => {
    // A key or agent that cannot sign: the library goes on to the next proof by itself.
    if (error.level === 'agent' || error.level === 'client-authentication') return
    made.lost ??= error
    if (ready) client.destroy()
    else if (/before handshake/.test(error.message)) fail(endedEarly({ ...current, phase: 'greeting' }, error))
    else if (error.level === 'client-socket') fail(endedEarly(current, error))
    else if (/too many authentication failures/i.test(error.message)) fail(offer.refused('it ended our attempts'))
    else if (error.level === 'handshake' || error.level === undefined) fail(cannotTalk(hop, error, trust.note))
    else fail(endedEarly(current, error))
  })
  client.on('close', () => {
    made.lost ??= new Error('the far side closed the link')
    if (!ready) fail(endedEarly(current, undefined))
  })
  client.once('handshake', () => {
    // Only now has the far side proven that it holds the key it showed.
    if (newLine !== undefined) recorded = record(trust, newLine)
    recorded.catch(() => undefined)
    start(deadline(hop, Math.max(hop.connectTimeout, shortestLogin), run))
    current.phase = 'login'
  })
  // Again each time the keys of the link are changed.
  client.on('handshake', () => prepareKeys(client))
  client.on('change password', () => fail(offer.refused('the password has expired; it must be changed by hand')))
  client.once('ready', () => {
    ready = true
    watch(made, stream)
    recorded.then(() => resolve(made), fail)
  })
  client.connect({
    // The types want a Readable where the library needs, and takes, any Duplex.
    sock: coalesced(stream),
    username: hop.user,
    readyTimeout: 0,
    // The library only sends the signs of life; whether the link is dead is judged by what arrives.
    keepaliveInterval: hop.aliveInterval,
    keepaliveCountMax: Number.MAX_SAFE_INTEGER,
    strictVendor: false,
    algorithms: { serverHostKey: hostKeyAlgorithms(trust) as ServerHostKeyAlgorithm[] },
    hostVerifier: (key: Buffer) => {
      if (accepted !== undefined) return accepted.equals(key)
      const verdict = judge(key, trust)
      if (verdict.kind === 'refused') {
        fail(new ConnectError(verdict.diagnostic))
        return false
      }
      accepted = key
      if (verdict.kind === 'new') newLine = verdict.line
      return true
    },
    authHandler: (left: readonly string[] | null, _partial: unknown, go: (method: AnyAuthMethod) => void) => {
      const attempt = offer.next(left)
      if (attempt === undefined) fail(offer.refused())
      else go(methodOf(hop, attempt, offer))
    },
  })
  stream.once('data', (chunk: Buffer) => {
    if (chunk.includes('SSH-')) limit.phase = 'keys'
  })
  return promise.finally(stop)
}

function record({ host, record: file }: Trust, line: string): Promise<void> {
  if (file !== undefined) return recordKnownHost(file, line)
  const why = problem('known-hosts-unwritable', `there is no file to record the new key of ${host} in`, {
    mend: `name one with UserKnownHostsFile, or add this line to the inventory:\n${line}`,
  })
  return Promise.reject(new ConnectError(why))
}

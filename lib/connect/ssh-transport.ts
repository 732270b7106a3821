import type { Duplex, Readable } from 'node:stream'
import type { Traffic } from '../core/connection.ts'
import { ConnectError, problem, TaskError } from '../core/diagnostic.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { Hop } from './route.ts'
import { type Channel, type Endpoint, type Exit, SessionRefused, type Transport } from './transport.ts'
import { seconds } from './trouble.ts'

const dialing = whenNeeded<typeof import('./dial-trouble.ts')>('./dial-trouble.ts', import.meta.url)
const sockets = whenNeeded<typeof import('./socket-like.ts')>('./socket-like.ts', import.meta.url)

/** A channel of the SSH library, as far as it is used here. */
export interface SshChannel extends Duplex {
  readonly stderr: Readable
  close(): void
}

type Opened<T> = (error: (Error & { reason?: unknown }) | undefined, channel: T) => void

/** A client of the SSH library, as far as it is used here. */
export interface SshClient {
  exec(command: string, done: Opened<SshChannel>): unknown
  forwardOut(fromHost: string, fromPort: number, host: string, port: number, done: Opened<SshChannel>): unknown
  openssh_forwardOutStreamLocal(path: string, done: Opened<SshChannel>): unknown
  once(event: 'close', listener: () => void): unknown
  end(): unknown
  destroy(): unknown
}

/** One SSH server that we are logged in to. */
export interface Link {
  readonly hop: Hop
  readonly client: SshClient
  /** Bytes of the TCP connection at the bottom. */
  readonly bytes: { readonly bytesRead: number; readonly bytesWritten: number }
  /** Why it is gone, once it is. */
  lost: Error | undefined
}

/** How long the far side may take to open a channel; a dead link is noticed by its silence before that. */
const openPatience = 60_000

/** How long a channel may stay silent after its command has ended before we close it. */
const quietAfterExit = 5_000

/** How long the far side may take to say goodbye. */
const closePatience = 1_000

/** Signs of life that may be missed before a link counts as dead. */
const missedAtMost = 3

/** The commands and streams of the last of several links, each of which runs through the one before. */
export function transportOf(label: string, links: readonly Link[], last: Link): Transport {
  const traffic: Traffic = {
    shell: 0,
    docker: 0,
    streams: 0,
    get sent() {
      return last.bytes.bytesWritten
    },
    get received() {
      return last.bytes.bytesRead
    },
  }
  return {
    label,
    user: last.hop.user,
    traffic,
    get lost() {
      return last.lost
    },
    open: (command) => openCommand(last, label, command),
    stream: (endpoint) => openStream(last, label, endpoint),
    async close() {
      for (const link of links.toReversed()) await hangUp(link)
    },
  }
}

async function hangUp(link: Link): Promise<void> {
  if (link.lost === undefined) {
    link.lost = new Error('the link was closed by us')
    const closed = new Promise<void>((resolve) => {
      link.client.once('close', resolve)
      setTimeout(resolve, closePatience).unref()
    })
    link.client.end()
    await closed
  }
  link.client.destroy()
}

/**
 * Gives a link up when nothing at all arrives for a while: TCP alone may take a quarter of an hour to notice. Anything
 * that arrives counts, for behind a large upload the answer to a sign of life may be long in coming. The library sends
 * the signs.
 */
export function watch(link: Link, stream: Duplex): void {
  const { aliveInterval, name } = link.hop
  let heard = performance.now()
  stream.on('data', () => {
    heard = performance.now()
  })
  const timer = setInterval(() => {
    const silence = performance.now() - heard
    if (silence < aliveInterval * (missedAtMost + 0.5)) return
    clearInterval(timer)
    link.lost ??= new Error(`nothing was heard from ${name} for ${seconds(silence)}`)
    link.client.destroy()
    stream.destroy()
  }, aliveInterval / 2)
  timer.unref()
  link.client.once('close', () => clearInterval(timer))
}

/** Opens a channel of any kind, with a deadline. What goes wrong is told by `trouble`. */
export function openChannel(
  link: Link,
  start: (done: Opened<SshChannel>) => unknown,
  trouble: (error: Error & { reason?: unknown }) => Error,
): Promise<SshChannel> {
  return new Promise((resolve, reject) => {
    if (link.lost !== undefined) return reject(link.lost)
    let late = false
    const timer = setTimeout(() => {
      late = true
      reject(trouble(new Error(`no answer within ${seconds(openPatience)}`)))
    }, openPatience)
    try {
      start((error, channel) => {
        clearTimeout(timer)
        if (late) return channel?.close()
        if (error) return reject(link.lost ?? trouble(error))
        channel.on('error', () => undefined)
        resolve(channel)
      })
    } catch (error) {
      clearTimeout(timer)
      reject(link.lost ?? trouble(error as Error))
    }
  })
}

async function openCommand(link: Link, label: string, command: string): Promise<Channel> {
  const channel = await openChannel(
    link,
    (done) => link.client.exec(command, done),
    (error) =>
      error.reason === undefined
        ? new ConnectError(
            problem('no-shell', `${label} does not run commands for ${link.hop.user}`, {
              detail: error.message,
              mend: 'give the account a login shell and remove a forced subsystem such as internal-sftp',
            }),
            { cause: error },
          )
        : new SessionRefused(error.message, { cause: error }),
  )
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    closed: endOf(channel),
    close: () => channel.close(),
  }
}

/** A command's end: its exit status and the end of both streams, or the end of its streams alone when the link broke. */
function endOf(channel: SshChannel): Promise<Exit> {
  return new Promise((resolve) => {
    let exit: Exit = {}
    let timer: NodeJS.Timeout | undefined
    const quiet = () => {
      clearTimeout(timer)
      timer = setTimeout(() => channel.close(), quietAfterExit)
      timer.unref()
    }
    channel.once('exit', (code: number | null, signal?: string) => {
      exit = { code: code ?? undefined, signal }
      channel.on('data', quiet)
      channel.stderr.on('data', quiet)
      quiet()
    })
    channel.once('close', () => {
      clearTimeout(timer)
      if (channel.stderr.readableEnded) return resolve(exit)
      channel.stderr.once('end', () => resolve(exit))
      setTimeout(() => resolve(exit), quietAfterExit).unref()
    })
  })
}

async function openStream(link: Link, label: string, endpoint: Endpoint): Promise<Duplex> {
  const channel = await openChannel(
    link,
    (done) =>
      'socket' in endpoint
        ? link.client.openssh_forwardOutStreamLocal(endpoint.socket, done)
        : link.client.forwardOut('127.0.0.1', 0, endpoint.host, endpoint.port, done),
    (error) =>
      error.reason === 1 || error.reason === 3
        ? notForwarded(endpoint, label, error)
        : dialing().dialTrouble(endpoint, label, error),
  )
  return asSocket(channel, link)
}

/** A channel as a stream with a socket's manners; when the link breaks, so does the stream. */
export function asSocket(channel: SshChannel, link: Link): Duplex {
  const failure = () => {
    if (link.lost === undefined) return undefined
    const why = `the link to ${link.hop.name} was lost while a stream through it was open`
    const mend = 'it is not known whether what went through it was completed: look at the host, then run again'
    return new ConnectError(problem('link-lost', why, { detail: link.lost.message, mend }), { cause: link.lost })
  }
  return sockets().socketLike({ source: channel, sink: channel, close: () => channel.close(), failure })
}

/** Reason 1 is "administratively prohibited", 3 is "unknown channel type" (RFC 4254 section 5.1). */
function notForwarded(endpoint: Endpoint, label: string, cause: Error): TaskError {
  const option = 'socket' in endpoint ? 'AllowStreamLocalForwarding' : 'AllowTcpForwarding'
  return new TaskError(
    problem(
      'forwarding-refused',
      `the SSH server of ${label} does not open ${dialing().endpointName(endpoint)} for us`,
      {
        detail: cause.message,
        mend: `set \`${option} yes\` in its sshd_config; look at PermitOpen, DisableForwarding and \`restrict\` in authorized_keys`,
      },
    ),
    { cause },
  )
}

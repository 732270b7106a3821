import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecOptions, Output } from '../core/connection.ts'
import { flatten, type Script } from '../core/script.ts'
import { type Ending, howItEnded } from './ending.ts'
import { riding, served, serving, waiting } from './frame.ts'
import { enter, otherAccount, type Shell, unlessAborted, unsetFor } from './launch.ts'
import type { Said, Session, Turn } from './session.ts'
import { linkLost } from './trouble.ts'

/** The longest script in bytes that goes this way; it is held in a variable of the far shell. */
const longest = 64 * 1024

/** Milliseconds after its end within which nothing of a script may be left for its shell to go on, and that one waits for a rider. */
const patience = 200

/** What a shell that serves several scripts needs to know of one. */
export interface Errand extends Pick<ExecOptions, 'become' | 'onOutput'> {
  readonly script: Script
  readonly what: string
  /** Aborted when the script is no longer waited for. */
  readonly signal: AbortSignal
  readonly rider?: RidingErrand | undefined
  /** Ends all processes of a session. */
  stop(session: Session): Promise<void>
  /** Ends the shell of a session alone; what its scripts started goes on. */
  leave(session: Session): Promise<void>
}

/** What rides on a script, see `Rider`; `bounded` gives a signal that is aborted when it is no longer waited for. */
export interface RidingErrand {
  readonly script: Script
  taken(output: Promise<Output | undefined>): void
  bounded<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

/**
 * Shells of one link that stay open, one per account: small scripts follow each other in a session instead of having one
 * each, which would cost three round trips and a login every time. Each script has a subshell of its own.
 */
export interface Series {
  /**
   * Runs a script in the shell of its account, which is opened when there is none. Undefined when it has to go its own way:
   * it is long, or that shell is at work. Throws like `run`.
   */
  run(shell: Shell, errand: Errand): Promise<Output | undefined>
  /** Closes the shells that are not at work. */
  makeRoom(): void
  /** Waits until every shell is idle or gone; the idle ones end with the link. What rides is hardly waited for. */
  settled(): Promise<void>
}

interface Server {
  session: Session | undefined
  /** A script runs, or the shell is being opened. */
  busy: boolean
  /** Settles when what rode on the last script has ended. */
  riding: Promise<unknown>
  /** Settles when, after that, it is known whether anything was left running. */
  resting: Promise<void>
}

const idle: Server = { session: undefined, busy: false, riding: Promise.resolve(), resting: Promise.resolve() }

/** Makes the shells of one link. */
export function series(): Series {
  const servers = new Map<string, Server>()

  const close = (server: Server) => {
    server.session?.release()
    server.session = undefined
  }

  /** Something of the script goes on: its shell cannot be used again, as they would share their output. */
  const rest = async (shell: Shell, server: Server, session: Session, turn: Turn, errand: Errand, rides = false) => {
    const free = () => turn.out.after.includes(served(turn.frame))
    await session.until(() => free() || session.exit !== undefined, patience)
    if (free() && (rides || shell.slots.waiting === 0)) return
    close(server)
    if (!free() && session.exit === undefined) await errand.leave(session)
  }

  /** Waits for what rides on a script that has ended with 0, and whose shell is at rest. */
  const ride = async (shell: Shell, server: Server, session: Session, turn: Turn, errand: Errand, chunks: Chunks) => {
    const done = () => turn.out.code !== undefined && turn.err.code !== undefined
    await rest(shell, server, session, session, errand, true)
    if (server.session !== session) return undefined
    return errand.rider?.bounded(async (signal) => {
      try {
        await unlessAborted(
          session.until(() => done() || session.exit !== undefined),
          signal,
        )
      } catch (error) {
        await errand.stop(session)
        close(server)
        throw error
      }
      if (shell.transport.lost !== undefined && !done()) throw linkLost(shell.transport, errand.what)
      return turn.out.code === undefined || !done() ? undefined : { code: turn.out.code, ...joined(chunks) }
    })
  }

  /** Undefined when a shell that was open already ended instead of beginning with the script. */
  const serve = async (
    shell: Shell,
    server: Server,
    errand: Errand,
  ): Promise<(Ending & Pick<Output, 'stdout' | 'stderr'>) | undefined> => {
    const chunks: Chunks = { stdout: [], stderr: [] }
    const ridden: Chunks = { stdout: [], stderr: [] }
    const onOutput: Said = (stream, chunk) => {
      chunks[stream].push(chunk)
      errand.onOutput?.(stream, chunk)
    }
    let opened = ''
    if (server.session === undefined) {
      server.session = await enter(shell, { become: errand.become, what: errand.what, onOutput }, errand.signal)
      opened = waiting(server.session.frame, unsetFor(shell, errand.become))
    } else server.session.next(onOutput)
    const { session } = server
    const { channel, frame, out, err } = session
    const rider = errand.rider && small(errand.rider) ? errand.rider : undefined
    const later = rider && session.after((stream, chunk) => ridden[stream].push(chunk))
    const behind = rider && later ? riding(later.frame, flatten(rider.script)) : ''
    channel.stdin.write(opened + serving(frame, flatten(errand.script)) + behind)
    try {
      const done = () => session.exit !== undefined || (out.code !== undefined && err.code !== undefined)
      await unlessAborted(session.until(done), errand.signal)
      if (!out.opened && opened === '' && shell.transport.lost === undefined) {
        close(server)
        return undefined
      }
      const how = howItEnded(shell, session, errand)
      if (rider && later && how.code === 0 && session.exit === undefined) {
        const output = ride(shell, server, session, later, errand, ridden)
        const over = () => (server.session === session ? rest(shell, server, session, later, errand) : undefined)
        server.riding = output.catch(() => undefined)
        server.resting = output.then(over, over)
        rider.taken(output)
      } else server.resting = rest(shell, server, session, session, errand)
      return { ...how, ...joined(chunks) }
    } catch (error) {
      if (errand.signal.aborted) await errand.stop(session)
      close(server)
      throw error
    }
  }

  return {
    async run(shell, errand) {
      const account = accountOf(shell, errand)
      const known = servers.get(account)
      if (known?.busy || !small(errand)) return undefined
      const server: Server = known ?? { ...idle }
      servers.set(account, server)
      server.busy = true
      try {
        if (!(await within(patience, server.riding))) return undefined
        await server.resting
        if (server.session?.exit !== undefined) close(server)
        // A shell that was open already may have become too old; the second one is new.
        return (await serve(shell, server, errand)) ?? (await serve(shell, server, errand))
      } finally {
        server.busy = false
      }
    },
    makeRoom() {
      for (const server of servers.values()) {
        if (!server.busy) void server.resting.then(() => server.busy || close(server))
      }
    },
    async settled() {
      const each = [...servers.values()].map(async (server) => {
        if (!(await within(patience, server.riding))) close(server)
        await server.resting
      })
      await Promise.all(each)
    },
  }
}

type Chunks = { readonly [stream in 'stdout' | 'stderr']: Buffer[] }

function joined({ stdout, stderr }: Chunks): Pick<Output, 'stdout' | 'stderr'> {
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) }
}

function small({ script }: { readonly script: Script }): boolean {
  return Buffer.byteLength(flatten(script)) <= longest
}

/** Does the promise settle within so many milliseconds? */
async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const enough = new AbortController()
  const late = sleep(ms, false, { signal: enough.signal }).catch(() => false)
  return Promise.race([promise.then(() => true), late]).finally(() => enough.abort())
}

function accountOf(shell: Shell, { become }: Pick<Errand, 'become'>): string {
  return otherAccount(shell, become)?.user ?? ''
}

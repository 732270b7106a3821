import type { ExecOptions, Output } from '../core/connection.ts'
import { flatten, type Script } from '../core/script.ts'
import { type Ending, howItEnded } from './ending.ts'
import { closing, served, serving, waiting } from './frame.ts'
import { enter, otherAccount, type Shell, unlessAborted, unsetFor } from './launch.ts'
import type { Said, Session } from './session.ts'

/** The longest script in bytes that goes this way: the far shell reads it byte by byte. */
const longest = 8 * 1024

/** Milliseconds after its end within which nothing of a script may be left for its shell to go on. */
const patience = 200

/** What a shell that serves several scripts needs to know of one. */
export interface Errand extends Pick<ExecOptions, 'become' | 'onOutput'> {
  readonly script: Script
  readonly what: string
  /** Aborted when the script is no longer waited for. */
  readonly signal: AbortSignal
  /** Ends all processes of a session. */
  stop(session: Session): Promise<void>
  /** Ends the shell of a session alone; what its scripts started goes on. */
  leave(session: Session): Promise<void>
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
  /** Waits until every shell is idle or gone; the idle ones end with the link. */
  settled(): Promise<void>
}

interface Server {
  session: Session | undefined
  /** A script runs, or the shell is being opened. */
  busy: boolean
  /** Settles when it is known whether the last script left anything running. */
  resting: Promise<void>
}

/** Makes the shells of one link. */
export function series(): Series {
  const servers = new Map<string, Server>()

  const close = (server: Server) => {
    server.session?.release()
    server.session = undefined
  }

  /** Something of the script goes on: its shell cannot be used again, as they would share their output. */
  const rest = async (shell: Shell, server: Server, session: Session, errand: Errand) => {
    const free = () => session.out.after.includes(served(session.frame))
    await session.until(() => free() || session.exit !== undefined, patience)
    if (free() && shell.slots.waiting === 0) return
    close(server)
    if (!free() && session.exit === undefined) await errand.leave(session)
  }

  /** Undefined when a shell that was open already ended instead of beginning with the script. */
  const serve = async (
    shell: Shell,
    server: Server,
    errand: Errand,
  ): Promise<(Ending & Pick<Output, 'stdout' | 'stderr'>) | undefined> => {
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
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
    channel.stdin.write(opened + serving(frame) + closing(frame, flatten(errand.script)))
    try {
      const done = () => session.exit !== undefined || (out.code !== undefined && err.code !== undefined)
      await unlessAborted(session.until(done), errand.signal)
      if (!out.opened && opened === '' && shell.transport.lost === undefined) {
        close(server)
        return undefined
      }
      const how = howItEnded(shell, session, errand)
      server.resting = rest(shell, server, session, errand)
      return { ...how, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) }
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
      if (known?.busy || Buffer.byteLength(flatten(errand.script)) > longest) return undefined
      const server: Server = known ?? { session: undefined, busy: false, resting: Promise.resolve() }
      servers.set(account, server)
      server.busy = true
      try {
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
      await Promise.all([...servers.values()].map(({ resting }) => resting))
    },
  }
}

function accountOf(shell: Shell, { become }: Pick<Errand, 'become'>): string {
  return otherAccount(shell, become)?.user ?? ''
}

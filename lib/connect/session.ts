import type { ExecOptions } from '../core/connection.ts'
import type { Become } from '../core/host.ts'
import type { Slots } from '../core/slots.ts'
import { commandLine } from './become.ts'
import { type Frame, newFrame, type Unframer, unframer } from './frame.ts'
import { type Channel, type Exit, SessionRefused, type Transport } from './transport.ts'
import { channelRefused, linkLost } from './trouble.ts'

/** The marks of a script, and what it has said so far. */
export interface Turn {
  readonly frame: Frame
  readonly out: Unframer
  readonly err: Unframer
}

/** A command on its way through the host's login shell: its channel, what it has said so far, and its end. */
export interface Session extends Turn {
  readonly channel: Channel
  /** Set once the channel is closed. */
  readonly exit: Exit | undefined
  /** Waits until `done` holds, at most `patience` milliseconds; it is looked at whenever something has happened. */
  until(done: () => boolean, patience?: number): Promise<void>
  /** From here on what comes belongs to the next script, which has a mark of its own. */
  next(onOutput: Said): void
  /** What comes after the script that runs now, without its being waited for; `next` ends it. */
  after(onOutput: Said): Turn
  /** Closes the channel and gives its place to the next one. */
  release(): void
}

/** Takes a script's output, chunk by chunk. */
export type Said = NonNullable<ExecOptions['onOutput']>

/** How long a closed channel keeps its place when the far side does not confirm. */
const leaveAfter = 1_000

/** Where sessions come from: the way to the host, how many at a time, and who may be asked to give up a place. */
export interface Places {
  readonly transport: Transport
  readonly slots: Slots
  /** Somebody waits for a place: who holds one without using it gives it up. */
  makeRoom(): void
}

/** Starts our `sh` on the host, under sudo when `become` is given; waits for a place among the host's sessions. */
export async function openSession(
  places: Places,
  options: Pick<ExecOptions, 'onOutput' | 'signal'> & { readonly become: Become | undefined; readonly what: string },
): Promise<Session> {
  const turnOf = (frame: Frame, onOutput?: Said): Turn => ({
    frame,
    out: unframer(frame, (chunk) => onOutput?.('stdout', chunk)),
    err: unframer(frame, (chunk) => onOutput?.('stderr', chunk)),
  })
  let turn = turnOf(newFrame(), options.onOutput)
  /** To it, all that comes before its own opening mark is noise. */
  let later: Turn | undefined
  const nextFrame = () => ({ ...newFrame(), nonce: turn.frame.nonce })
  const { channel, leave } = await openChannel(places, commandLine(turn.frame, options.become), options)
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const look of [...watchers]) look()
  }
  const listen = (from: NodeJS.ReadableStream, take: (chunk: Buffer) => void) =>
    from
      .on('data', (chunk: Buffer) => {
        take(chunk)
        changed()
      })
      .on('error', changed)
  let exit: Exit | undefined
  listen(channel.stdout, (chunk) => {
    turn.out.feed(chunk)
    later?.out.feed(chunk)
  })
  listen(channel.stderr, (chunk) => {
    turn.err.feed(chunk)
    later?.err.feed(chunk)
  })
  channel.stdin.on('drain', changed).on('error', changed)
  void channel.closed.then((how) => {
    for (const one of [turn, later]) {
      one?.out.end()
      one?.err.end()
    }
    exit = how
    leave()
    changed()
  })
  return {
    get frame() {
      return turn.frame
    },
    channel,
    get out() {
      return turn.out
    },
    get err() {
      return turn.err
    },
    get exit() {
      return exit
    },
    until: (done, patience) => until(watchers, done, patience),
    next(onOutput) {
      turn = turnOf(nextFrame(), onOutput)
      later = undefined
    },
    after(onOutput) {
      later = turnOf(nextFrame(), onOutput)
      return later
    },
    release() {
      channel.close()
      setTimeout(leave, leaveAfter).unref()
    },
  }
}

function until(watchers: Set<() => void>, done: () => boolean, patience?: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      watchers.delete(look)
      resolve()
    }
    const timer = patience === undefined ? undefined : setTimeout(finish, patience)
    const look = () => {
      if (done()) finish()
    }
    watchers.add(look)
    look()
  })
}

/** Opens a channel when there is a place; a host that takes fewer at a time than expected is believed. */
async function openChannel(
  { transport, slots, makeRoom }: Places,
  command: string,
  { signal, what }: { readonly signal?: AbortSignal | undefined; readonly what: string },
): Promise<{ channel: Channel; leave: () => void }> {
  for (;;) {
    const place = slots.take(signal)
    if (slots.waiting > 0) makeRoom()
    const leave = await place
    try {
      return { channel: await transport.open(command), leave }
    } catch (error) {
      const alone = slots.busy <= 1
      if (error instanceof SessionRefused && !alone) {
        slots.shrink()
        makeRoom()
      }
      leave()
      if (transport.lost !== undefined) throw linkLost(transport, what)
      if (!(error instanceof SessionRefused)) throw error
      if (alone) throw channelRefused(transport, error)
    }
  }
}

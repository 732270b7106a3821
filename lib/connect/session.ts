import type { ExecOptions } from '../core/connection.ts'
import type { Become } from '../core/host.ts'
import type { Slots } from '../core/slots.ts'
import { commandLine } from './become.ts'
import { type Frame, newFrame, type Unframer, unframer } from './frame.ts'
import { type Channel, type Exit, SessionRefused, type Transport } from './transport.ts'
import { channelRefused, linkLost } from './trouble.ts'

/** A command on its way through the host's login shell: its channel, what it has said so far, and its end. */
export interface Session {
  readonly frame: Frame
  readonly channel: Channel
  readonly out: Unframer
  readonly err: Unframer
  /** Set once the channel is closed. */
  readonly exit: Exit | undefined
  /** Waits until `done` holds, at most `patience` milliseconds; it is looked at whenever something has happened. */
  until(done: () => boolean, patience?: number): Promise<void>
  /** Closes the channel and gives its place to the next one. */
  release(): void
}

/** How long a closed channel keeps its place when the far side does not confirm. */
const leaveAfter = 1_000

/** Starts our `sh` on the host, under sudo when `become` is given; waits for a place among the host's sessions. */
export async function openSession(
  { transport, slots }: { readonly transport: Transport; readonly slots: Slots },
  options: Pick<ExecOptions, 'onOutput' | 'signal'> & { readonly become: Become | undefined; readonly what: string },
): Promise<Session> {
  const frame = newFrame()
  const { channel, leave } = await openChannel(transport, slots, commandLine(frame, options.become), options)
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const look of [...watchers]) look()
  }
  const out = unframer(frame, (chunk) => options.onOutput?.('stdout', chunk))
  const err = unframer(frame, (chunk) => options.onOutput?.('stderr', chunk))
  const listen = (from: NodeJS.ReadableStream, to: Unframer) =>
    from
      .on('data', (chunk: Buffer) => {
        to.feed(chunk)
        changed()
      })
      .on('error', changed)
  let exit: Exit | undefined
  listen(channel.stdout, out)
  listen(channel.stderr, err)
  channel.stdin.on('drain', changed).on('error', changed)
  void channel.closed.then((how) => {
    out.end()
    err.end()
    exit = how
    leave()
    changed()
  })
  return {
    frame,
    channel,
    out,
    err,
    get exit() {
      return exit
    },
    until: (done, patience) => until(watchers, done, patience),
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
  transport: Transport,
  places: Slots,
  command: string,
  { signal, what }: { readonly signal?: AbortSignal | undefined; readonly what: string },
): Promise<{ channel: Channel; leave: () => void }> {
  for (;;) {
    const leave = await places.take(signal)
    try {
      return { channel: await transport.open(command), leave }
    } catch (error) {
      const alone = places.busy <= 1
      if (error instanceof SessionRefused && !alone) places.shrink()
      leave()
      if (transport.lost !== undefined) throw linkLost(transport, what)
      if (!(error instanceof SessionRefused)) throw error
      if (alone) throw channelRefused(transport, error)
    }
  }
}

import { Duplex } from 'node:stream'
import type { ExecOptions } from '../core/connection.ts'
import { problem, TaskError } from '../core/diagnostic.ts'
import type { Script } from '../core/script.ts'
import { ending } from '../core/text.ts'
import { launch, noStart, type Shell, unlessAborted } from './launch.ts'
import type { Session } from './session.ts'
import { socketManners } from './socket-like.ts'
import { linkLost, stopped, summary } from './trouble.ts'

/** How long a piped command may take until it runs. */
const startPatience = 30_000

/**
 * Runs a script and hands over its stdin and stdout as one stream, once it runs. When the script ends, the stream
 * ends; after a code other than 0 it fails with TaskError `pipe-ended`, which shows what the script said on stderr.
 * The command keeps one of the host's sessions as long as the stream is open. Otherwise throws like `run`.
 */
export async function pipe(
  shell: Shell,
  script: Script,
  options: Pick<ExecOptions, 'become' | 'signal'> = {},
): Promise<Duplex> {
  const { transport } = shell
  const what = summary(script)
  if (options.signal?.aborted) throw stopped(options.signal)
  if (transport.lost !== undefined) throw linkLost(transport, what)
  transport.traffic.streams++
  const signal = options.signal ?? new AbortController().signal
  let said = ''
  let receive: (chunk: Buffer) => void = () => undefined
  const early: Buffer[] = []
  const onOutput = (stream: 'stdout' | 'stderr', chunk: Buffer) => {
    if (stream === 'stderr') said = ending(said + chunk.toString(), 4096)
    else receive(chunk)
  }
  receive = (chunk) => early.push(chunk)
  const { become } = options
  const session = await launch(shell, { script, become, stdin: 'rest', framed: false, onOutput, what }, signal)
  try {
    await unlessAborted(
      session.until(() => session.out.opened || session.exit !== undefined, startPatience),
      signal,
    )
    if (transport.lost !== undefined) throw linkLost(transport, what)
    if (!session.out.opened) throw noStart(session, transport, become)
  } catch (error) {
    session.release()
    throw error
  }
  const stream = duplexOf(session, () =>
    transport.lost !== undefined ? linkLost(transport, what) : pipeEnded(what, transport.label, session, said),
  )
  receive = (chunk) => {
    if (!stream.push(chunk)) session.channel.stdout.pause()
  }
  for (const chunk of early) receive(chunk)
  return stream
}

function duplexOf(session: Session, failure: () => Error | undefined): Duplex {
  const { channel } = session
  const stream = new Duplex({
    write(chunk: Buffer, _encoding, done) {
      if (channel.stdin.write(chunk)) return done()
      void session.until(() => session.exit !== undefined || !channel.stdin.writableNeedDrain).then(() => done())
    },
    final(done) {
      channel.stdin.end()
      done()
    },
    read() {
      channel.stdout.resume()
    },
    destroy(error, done) {
      session.release()
      done(error)
    },
  })
  void session
    .until(() => session.exit !== undefined)
    .then(() => {
      const error = failure()
      if (error === undefined) stream.push(null)
      else stream.destroy(error)
    })
  return socketManners(stream)
}

function pipeEnded(what: string, label: string, { exit }: Session, said: string): TaskError | undefined {
  if (exit?.code === 0) return undefined
  const how = exit?.signal ?? `code ${exit?.code ?? 'unknown'}`
  return new TaskError(
    problem('pipe-ended', `the command behind a stream to ${label} ended with ${how}: ${what}`, { detail: said }),
  )
}

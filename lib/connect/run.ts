import type { ExecOptions, Output } from '../core/connection.ts'
import { join, type Script } from '../core/script.ts'
import { slots } from '../core/slots.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { type Ending, howItEnded } from './ending.ts'
import { launch, type Shell, unlessAborted } from './launch.ts'
import type { Errand, Series } from './series.ts'
import type { Session } from './session.ts'
import { linkLost, stopped, summary, timedOut } from './trouble.ts'

const ending = whenNeeded<typeof import('./terminate.ts')>('./terminate.ts', import.meta.url)

/** What runs: `input` follows the script on stdin; its end is also the script's end of input. */
export interface Job extends ExecOptions {
  readonly script: Script
  /** When stopped, the command is left to itself instead of being told to stop. */
  readonly leave?: boolean | undefined
}

/** What a rider does, for messages. */
const looking = 'looking at the state of the host'

/** How long telling a command to stop may take. */
const stopPatience = 5_000

/**
 * Runs one script with `sh` on the host and waits for its end: in a shell of `series` when it reads no input, otherwise
 * in a session of its own. Throws ConnectError (`link-lost`, `no-shell`,
 * `channel-refused`), TaskError (`command-timeout`, the `become-…` codes) and StoppedError.
 */
export async function run(shell: Shell, job: Job, series?: Series): Promise<Output> {
  const { transport } = shell
  const what = job.what ?? summary(job.script)
  if (job.signal?.aborted) throw stopped(job.signal)
  if (transport.lost !== undefined) throw linkLost(transport, what)
  // What ends a command that was left is nothing that was asked for, and how often that is needed hangs on the moment.
  if (!job.leave) transport.traffic.shell++
  return bounded(shell, what, job, async (signal) => {
    const together = job.input ? undefined : await series?.run(shell, errandOf(shell, job, what, signal))
    return together ?? (await runUntil(shell, job, what, signal))
  })
}

/** Does something with a signal that is aborted when the job is given up or its time is over. */
async function bounded<T>(
  { transport }: Shell,
  what: string,
  job: Pick<Job, 'signal' | 'timeout'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeout } = job
  const stop = new AbortController()
  const deadline =
    timeout === undefined ? undefined : setTimeout(() => stop.abort(timedOut(transport, what, timeout)), timeout)
  const onAbort = () => stop.abort(stopped(job.signal))
  job.signal?.addEventListener('abort', onAbort, { once: true })
  if (job.signal?.aborted) onAbort()
  try {
    return await work(stop.signal)
  } finally {
    clearTimeout(deadline)
    job.signal?.removeEventListener('abort', onAbort)
  }
}

function errandOf(shell: Shell, job: Job, what: string, signal: AbortSignal): Errand {
  const { rider } = job
  return {
    script: scriptOf(job),
    rider: rider && {
      script: rider.script,
      taken: (output) => rider.taken(output),
      bounded: (work) => bounded(shell, looking, { signal: job.signal, timeout: rider.timeout }, work),
    },
    become: job.become,
    onOutput: job.onOutput,
    what,
    signal,
    stop: (session) => terminate(shell, session, job, ending().terminateScript),
    leave: (session) => terminate(shell, session, job, ending().endScript),
  }
}

function scriptOf({ fence, script }: Job): Script {
  return fence === undefined ? script : join([fence, script])
}

async function runUntil(shell: Shell, job: Job, what: string, signal: AbortSignal): Promise<Output> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  const onOutput = (stream: 'stdout' | 'stderr', chunk: Buffer) => {
    chunks[stream].push(chunk)
    job.onOutput?.(stream, chunk)
  }
  const stdin = job.input === undefined ? 'null' : 'rest'
  const { become } = job
  const script = scriptOf(job)
  const session = await launch(shell, { script, become, stdin, framed: true, onOutput, what }, signal)
  try {
    const how = await unlessAborted(finish(shell, session, job, what), signal)
    return { ...how, stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) }
  } catch (error) {
    if (signal.aborted && !job.leave) await terminate(shell, session, job, ending().terminateScript)
    throw error
  } finally {
    session.release()
  }
}

/** Feeds the script its input and waits for its end; says how it ended. */
async function finish(shell: Shell, session: Session, job: Job, what: string): Promise<Ending> {
  const { channel, out, err } = session
  const done = () => session.exit !== undefined || (out.code !== undefined && err.code !== undefined)
  const failure = job.input && (await pump(session, job.input(), done))
  channel.stdin.end()
  await session.until(done)
  if (failure !== undefined) throw failure.error
  return howItEnded(shell, session, { become: job.become, what })
}

/**
 * Sends the input; each piece is out of its place before the next is asked for. What the source throws is returned, for the
 * far side must be heard first.
 */
async function pump(
  { channel, until }: Session,
  input: AsyncIterable<Buffer>,
  done: () => boolean,
): Promise<{ readonly error: unknown } | undefined> {
  let goOn: () => void = () => undefined
  void until(done).then(() => goOn())
  try {
    for await (const chunk of input) {
      if (done()) return undefined
      await new Promise<void>((resolve) => {
        goOn = resolve
        channel.stdin.write(chunk, () => resolve())
      })
    }
    return undefined
  } catch (error) {
    return { error }
  }
}

/** Tells a command that we no longer wait for to stop; the link may be too slow or gone for that, so it is only an attempt. */
async function terminate(
  shell: Shell,
  { out, err }: Session,
  { become }: Job,
  scriptFor: (pid: number) => Script,
): Promise<void> {
  const pid = out.pid ?? err.pid
  if (pid === undefined || shell.transport.lost !== undefined) return
  const job: Job = { script: scriptFor(pid), become, timeout: stopPatience, leave: true }
  await run({ ...shell, slots: slots(1) }, job).catch(() => undefined)
}

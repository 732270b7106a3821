import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Duplex, duplexPair } from 'node:stream'
import Docker from 'dockerode'
import { type DockerDouble, type DockerOptions, startDocker } from '../../../../lib/sandbox/docker/docker-double.ts'
import type { Program, ProgramContext, RunningProgram } from '../../../../lib/sandbox/docker/program.ts'

/** A program under the test's control: its contexts in the order of the starts, and what its stop answers. */
export const puppet = (parts: Partial<RunningProgram> = {}) => {
  const starts: ProgramContext[] = []
  const signals: string[] = []
  const program: Program = {
    start: async (context) => {
      starts.push(context)
      return {
        ports: {},
        stop: async (signal) => {
          signals.push(signal)
          return 0
        },
        ...parts,
      }
    },
  }
  return { program, starts, signals }
}

export interface Bench {
  readonly folder: string
  readonly socket: string
  readonly double: DockerDouble
  /** The real client over the Unix socket. */
  readonly docker: Docker
  readonly end: () => Promise<void>
}

/** A double in a temporary folder with the real client in front of it; `end` takes all of it away. */
export const bench = async (options: Partial<DockerOptions> = {}, folder?: string): Promise<Bench> => {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'sandbox-docker-')))
  // A new name each time: the client keeps connections to a name it knows.
  const socket = join(home, `${randomUUID().slice(0, 8)}.sock`)
  const double = await startDocker({ state: join(home, 'state'), listen: socket, pace: 0.001, ...options })
  return {
    folder: home,
    socket,
    double,
    docker: new Docker({ socketPath: socket }),
    end: async () => {
      await double.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** The real client over streams in memory, as the SSH double hands them over. */
export const overStreams = (double: DockerDouble): Docker => {
  const agent = new Agent()
  agent.createConnection = () => {
    const [mine, theirs] = duplexPair()
    double.handle(theirs)
    const nothing = () => mine
    return Object.assign(mine, {
      setKeepAlive: nothing,
      setNoDelay: nothing,
      setTimeout: nothing,
      ref: nothing,
      unref: nothing,
    })
  }
  // The published types do not know `agent`, which the client takes.
  const options = { host: 'engine.example.org', port: 80, protocol: 'http' as const, agent }
  return new Docker(options)
}

/** Status and message of what the engine turned down. */
export const refusal = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (problem) {
    if (problem instanceof Error && 'statusCode' in problem) {
      // The client puts status and its own words before the engine's.
      return `${String(problem.statusCode)} ${problem.message.replace(/^\(HTTP code \d+\) .*? - /s, '').trim()}`
    }
    throw problem
  }
  return 'accepted'
}

/** Waits for something to come true; throws after ten seconds. */
export const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const limit = Date.now() + 10_000
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Doors that open one after the other: `pass` waits at the next one, `open` opens it. */
export const doors = () => {
  const waiting: (() => void)[] = []
  let opened = 0
  return {
    pass: (): Promise<void> =>
      new Promise((resolve) => {
        if (opened > 0) {
          opened--
          resolve()
        } else waiting.push(resolve)
      }),
    open: (): void => {
      const next = waiting.shift()
      if (next === undefined) opened++
      else next()
    },
  }
}

/** Everything a stream says until it ends. */
export const whole = async (stream: NodeJS.ReadableStream | Duplex): Promise<Buffer> => {
  const pieces: Buffer[] = []
  for await (const piece of stream) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}

/** Takes the frames of multiplexed output apart. */
export const frames = (raw: Buffer): readonly (readonly [stream: 'stdout' | 'stderr', text: string])[] => {
  const found: (readonly ['stdout' | 'stderr', string])[] = []
  for (let at = 0; at < raw.length; ) {
    const length = raw.readUInt32BE(at + 4)
    found.push([raw[at] === 2 ? 'stderr' : 'stdout', raw.toString('utf8', at + 8, at + 8 + length)])
    at += 8 + length
  }
  return found
}

import type { Duplex, Readable } from 'node:stream'
import { TaskError } from './diagnostic.ts'
import type { Become } from './host.ts'
import type { Script } from './script.ts'
import type { Text } from './secret.ts'

export interface Output {
  readonly code: number
  /** Name of the signal that ended the command, when one did. */
  readonly signal?: string
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** Exit code of a script whose fence did not hold: nothing of the script itself was run. */
export const fenced = 79

/** A file was not written because the fence did not hold. */
export class FencedError extends TaskError {}

/** Read-only questions that ride on a script: one trip brings both. */
export interface Rider {
  readonly script: Script
  /** Milliseconds that it may take, from the end of the script on. */
  readonly timeout: number
  /**
   * Called when the script has ended with code 0 and this one comes next, before the script's own output is handed over;
   * never called where it cannot ride. `output` is undefined when it was not run to its end after all; it rejects when the
   * link is lost, or the time is up.
   */
  taken(output: Promise<Output | undefined>): void
}

/** Bytes of shell text that a rider may have: what is longer does not ride. */
export const riderRoom = 8 * 1024

export interface ExecOptions {
  /**
   * Run right after the script, as the same account, without input and in a shell of its own in which nothing of the script
   * is left, when the script has ended with code 0 and has left nothing running. The script ends without waiting for it.
   */
  readonly rider?: Rider | undefined
  readonly become?: Become | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the command is given up; the channel is closed then. */
  readonly timeout?: number | undefined
  /** Runs before the script in the same shell, and ends it with the code `fenced` when the script must not run. */
  readonly fence?: Script | undefined
  /** What the script reads on its standard input; without it there is nothing to read. */
  readonly input?: Pieces | undefined
  /** What a lost link or a timeout interrupted, in words; by default the script's first line. */
  readonly what?: string | undefined
  /** Called with each chunk as it arrives, for live output. */
  readonly onOutput?: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined
}

/** A file's content on its way to a host. */
export type Content = Text | Buffer | (() => Readable)

/** Content of which each piece holds only until the next one is asked for: its place is filled again. */
export type Pieces = () => AsyncIterable<Buffer>

export interface PutOptions extends ExecOptions {
  /** Permission bits, e.g. 0o600; set before any content is there. */
  readonly mode: number
  readonly owner?: string | undefined
  readonly group?: string | undefined
}

/** Counts since the link was opened: what was asked for and waited for, by its kind, and bytes. */
export interface Traffic {
  /** Scripts and files that a shell was given. */
  shell: number
  /** Requests to the Docker engine. */
  docker: number
  /** Streams that were opened to sockets and ports. */
  streams: number
  sent: number
  received: number
}

/**
 * One link per host; shell, files, the Docker socket and ports on the host's loopback all travel over it.
 * Every method throws ConnectError when the link is lost; a command's own failure is an exit code, never an exception.
 */
export interface Connection {
  /** Runs a script with `sh`; it travels on stdin, so that nothing of it is in an argv. */
  exec(script: Script, options?: ExecOptions): Promise<Output>
  /** Writes a file atomically: temporary file beside it, mode and owner, content, rename. */
  put(path: string, content: Content | Pieces, options: PutOptions): Promise<void>
  /** Opens a stream to a socket file or a TCP port as seen from the host. */
  dial(target: { readonly socket: string } | { readonly host: string; readonly port: number }): Promise<Duplex>
  /** Runs a script and hands over its stdin and stdout as one stream: a way to a socket that only another account may open. */
  pipe?(script: Script, options?: Pick<ExecOptions, 'become' | 'signal'>): Promise<Duplex>
  readonly traffic: Traffic
  close(): Promise<void>
}

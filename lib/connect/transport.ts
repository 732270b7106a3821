import type { Duplex, Readable, Writable } from 'node:stream'
import type { Traffic } from '../core/connection.ts'

/** How a command on the far side ended; neither code nor signal when the far side did not say. */
export interface Exit {
  readonly code?: number | undefined
  readonly signal?: string | undefined
}

/** A command that is running: its three streams and its end. */
export interface Channel {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Settles when both output streams have ended and nothing more comes; never rejects. */
  readonly closed: Promise<Exit>
  /** Lets go of the command: its streams are closed, without waiting for its end. */
  close(): void
}

/** What a stream is opened to, as seen from the host. */
export type Endpoint = { readonly socket: string } | { readonly host: string; readonly port: number }

/** The bare way to a host; everything about scripts, sudo and files is built on top of it in `shell-connection.ts`. */
export interface Transport {
  /** For messages: `web1`, `this machine`. */
  readonly label: string
  /** The account that commands run as when nothing else is asked for. */
  readonly user: string
  readonly traffic: Traffic
  /** Set once the link is gone for good; says why. */
  readonly lost: Error | undefined
  /** Hands `command` to the account's login shell; rejects with ConnectError, or with SessionRefused when it may be tried later. */
  open(command: string): Promise<Channel>
  /** Opens a stream to a socket file or TCP port; rejects with TaskError when nothing answers there. */
  stream(endpoint: Endpoint): Promise<Duplex>
  close(): Promise<void>
}

/** The far side has no room for one more command now; it may have when another one ends. */
export class SessionRefused extends Error {}

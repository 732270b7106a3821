import type { Accounts } from './accounts.ts'
import type { Call, Reply } from './call.ts'
import type { Owners } from './owners.ts'
import type { Packages } from './packages.ts'
import type { Machine } from './rewrite/script.ts'
import type { Faults, Spec } from './spec.ts'
import type { Units } from './units.ts'

/** A port on which the machine listens, for `ss`. */
export interface Listener {
  readonly address: string
  readonly port: number
  readonly process: string
}

/** The machine as its commands see it. */
export interface Host extends Machine {
  readonly spec: Spec
  readonly faults: Faults
  readonly accounts: Accounts
  readonly owners: Owners
  readonly units: Units
  readonly packages: Packages
  /** Programs of this machine that commands use. */
  readonly tools: {
    readonly sh: string
    readonly cat: string
    readonly env: string
    readonly bash: string | undefined
    readonly harmless: ReadonlyMap<string, 'plain' | 'reads'>
  }
  /** When the machine was started last, epoch milliseconds. */
  readonly bootedAt: () => number
  readonly listeners: () => readonly Listener[]
  /** Restarts the machine a moment later: the link breaks. */
  readonly reboot: () => void
  /** A fresh private file in the machine's own folder, outside its root. */
  readonly scratchFile: (content: Buffer) => string
}

/** A command of the machine, answered here. */
export type Shim = (call: Call, host: Host) => Reply | Promise<Reply>

/** Shims by the name of the command. */
export type Shims = { readonly [name: string]: Shim }

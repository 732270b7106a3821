import type { Text } from './secret.ts'

/** How a host is reached, as the inventory says; `ansible_*` variables after templating. */
export interface Target {
  readonly via: 'ssh' | 'local' | 'sandbox'
  /** Name or address to dial; `~/.ssh/config` aliases are resolved by the connection. */
  readonly address: string
  readonly port?: number
  readonly user?: string
  readonly password?: Text
  readonly keyFile?: string
  /** Private key text itself, when it is not in a file. */
  readonly key?: Text
  readonly passphrase?: Text
  /** `ProxyJump` form: `user@host:port,user@host2`. */
  readonly jump?: string
  readonly hostKeys: 'strict' | 'accept-new'
  /** Lines in `known_hosts` form from the inventory; they win over the files. */
  readonly knownHosts?: string
  /** Files in `known_hosts` form, instead of `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`. */
  readonly knownHostsFiles?: readonly string[]
  /** `IdentityAgent`, `none` to leave the agent alone. */
  readonly agent?: string
  /** Where the lock of the host lies instead of the usual places. */
  readonly lockFolder?: string
  /** Milliseconds until connecting is given up; without it the SSH configuration decides, else 30 s. */
  readonly connectTimeout?: number
}

/** Become another account on the host with sudo. */
export interface Become {
  readonly user: string
  readonly password?: Text
}

import type { Writing } from './rewrite/prologue.ts'

/** What the machine is: fixed when it is made, as far as files below its root follow from it. */
export interface Spec {
  readonly hostname: string
  /** The account that connects; an account other than root is made with sudo rights. */
  readonly user: string
  /** The password that sudo asks for; without it sudo never asks. */
  readonly sudoPassword?: string
  readonly cpus: number
  readonly memoryMiB: number
  readonly diskGiB: number
  readonly diskUsedGiB: number
  readonly architecture: 'amd64' | 'arm64'
  /** MongoDB 5 and later need AVX on amd64. */
  readonly avx: boolean
  /** Lines of `/etc/os-release`. */
  readonly osRelease: { readonly [key: string]: string }
  readonly kernel: string
  /** Milliseconds that apt and systemctl take. */
  readonly pace: number
}

/** A fresh Debian 12 server. */
export const DEBIAN_12: Omit<Spec, 'hostname'> = {
  user: 'root',
  cpus: 2,
  memoryMiB: 4096,
  diskGiB: 40,
  diskUsedGiB: 3,
  architecture: 'amd64',
  avx: true,
  osRelease: {
    PRETTY_NAME: 'Debian GNU/Linux 12 (bookworm)',
    NAME: 'Debian GNU/Linux',
    VERSION_ID: '12',
    VERSION: '12 (bookworm)',
    VERSION_CODENAME: 'bookworm',
    ID: 'debian',
    HOME_URL: 'https://www.debian.org/',
    SUPPORT_URL: 'https://www.debian.org/support',
    BUG_REPORT_URL: 'https://bugs.debian.org/',
  },
  kernel: '6.1.0-28-amd64',
  pace: 0,
}

/** What goes wrong; each can be set and unset while the machine runs. */
export interface Faults {
  /** There is no shell to run anything with. */
  noShell?: boolean
  /** The disk is full, or mounted read-only. */
  writing?: Writing
  /** The link breaks after this many bytes in both directions together. */
  cutAfterBytes?: number
  /** The link breaks when this command arrives, counted from 1 since the start; it is not run. */
  cutAtCommand?: number
  /** The link breaks when this command has been run, before anything of it is said. */
  cutAfterCommand?: number
  refuseLogin?: boolean
  /** The host presents another key than the known one. */
  newHostKey?: boolean
  /** Milliseconds by which each command starts late. */
  slow?: number
  /** Names that no way leads to from the machine; `*` is the whole world beyond it. */
  unreachable?: readonly string[]
  /** Ports that other programs listen on, with their names. */
  listening?: { readonly [port: number]: string }
  /** Package servers do not answer. */
  noMirror?: boolean
  /** Units that fail to start, without `.service`. */
  brokenUnits?: readonly string[]
}

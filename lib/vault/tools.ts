import type { Emit } from '../core/event.ts'
import type { Secret } from '../core/secret.ts'
import type { KeyOptions } from '../secrets/keys.ts'
import type { Vault } from '../secrets/vault.ts'

/** What the commands of the vault work with. */
export interface Tools {
  readonly vault: Vault
  readonly keys: KeyOptions
  /** Absolute path of the project, whose inventories are meant by name. */
  readonly root: string
  /** The inventories that were named. */
  readonly inventories: readonly string[]
  /** `--passphrase`. */
  readonly passphrase: boolean
  /** How hard a passphrase is to try out, as the base-2 logarithm of the effort. */
  readonly work: number
  /** Reports; secrets in it are masked. */
  print(text: string): void
  /** Writes a secret that was asked for. */
  disclose(text: string): void
  readonly emit: Emit
  /** Asks for something that is no secret; undefined when there is nobody to ask. */
  confirm(question: string): Promise<string | undefined>
  /** A value from standard input, or typed twice without being shown. */
  readSecret(question: string, label: string): Promise<Secret>
  /** Opens a file in the editor of the person and waits until it is closed. */
  openEditor(file: string): Promise<void>
}

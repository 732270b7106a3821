import type { Secret } from '../core/secret.ts'

/** Where a run may find what opens its secrets: flags, the environment and somebody to ask. */
export interface KeyOptions {
  /** `--identity`, absolute paths. */
  readonly identity: readonly string[]
  /** `--vault-password-file`, absolute paths. */
  readonly vaultPasswordFile: readonly string[]
  /** `--vault-id`: `ID@FILE`, `ID@prompt` or either without `ID@`. */
  readonly vaultId: readonly string[]
  /** `--ask-vault-pass`. */
  readonly askVaultPass: boolean
  readonly env: { readonly [name: string]: string | undefined }
  readonly home: string
  /** Folder that relative names are looked up in. */
  readonly cwd: string
  /** Asks for a secret without showing what is typed. Throws LoadError `no-terminal` when there is nobody. */
  ask(question: string, label: string): Promise<Secret>
}

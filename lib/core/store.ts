import type { Secret } from './secret.ts'

/** Where the secrets of one host that the runner made itself are kept, beside the inventory. */
export interface Store {
  get(name: string): Promise<Secret | undefined>
  /** Returns when the value is safely on the disk. */
  set(name: string, value: Secret): Promise<void>
  delete(name: string): Promise<void>
  names(): Promise<readonly string[]>
}

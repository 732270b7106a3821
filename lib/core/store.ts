import type { Secret } from './secret.ts'

/** Where secrets that the runner made itself are kept, beside the inventory. */
export interface Store {
  get(name: string): Promise<Secret | undefined>
  set(name: string, value: Secret): Promise<void>
  delete(name: string): Promise<void>
  names(): Promise<readonly string[]>
}

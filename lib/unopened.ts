import { Secret } from './core/secret.ts'
import type { Decrypt } from './load/yaml.ts'

/** For commands that need names and no values: nothing encrypted is opened. */
export const unopened: Decrypt = (_tag, _text, _at, label) => new Secret('', label)

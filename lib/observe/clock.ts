import { saw } from './answers.ts'
import type { Observer } from './observe.ts'

/** The time of this machine: `{ seconds }` since 1970. */
export const clock: Observer = async () => saw({ seconds: Date.now() / 1000 })

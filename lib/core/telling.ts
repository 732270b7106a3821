import { isMapping, type Value } from './plain.ts'
import { keepFromSight } from './secret.ts'

/** Endings of the names that secrets are given. */
const endings = /(password|passwd|passphrase|secret|token|credentials?|(api|access|secret|auth|signing)_?key)$/i

/** Variables that say how to log in; whatever their value was written as, it is a secret. */
const ofConnections =
  /^ansible_(become_|ssh_|sudo_|su_)?(password|pass)$|^ansible_(ssh_)?private_key_passphrase$|^ansible_ssh_private_key$/

/** Nesting past this is not looked into. */
const deepest = 6

/** True when what stands under that name is most likely a secret: `smtp_password`, `API_KEY`, `authToken`. */
export function isTelling(name: string): boolean {
  return endings.test(name)
}

/** True for `ansible_password`, `ansible_become_password` and their like. */
export function isLogin(name: string): boolean {
  return ofConnections.test(name)
}

/**
 * Keeps texts from sight that stand under a telling name, at any depth of mappings. They stay the texts that they are, since
 * nobody said that they are secret; but a log of a run is read by more people than an inventory.
 */
export function keepTelling(name: string, value: Value | undefined, depth = 0): void {
  if (typeof value === 'string') {
    if (isTelling(name)) keepFromSight(value)
  } else if (isMapping(value) && depth < deepest) {
    for (const [key, one] of Object.entries(value)) keepTelling(key, one, depth + 1)
  }
}

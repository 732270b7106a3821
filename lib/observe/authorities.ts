import { getCACertificates } from 'node:tls'
import { saw } from './answers.ts'
import type { Observer } from './observe.ts'

/** The authorities that this machine trusts: `{ certificates }` in PEM, Node's own list and that of the system. */
export const authorities: Observer = async () => saw({ certificates: trustedHere() })

/** Both lists: browsers know the one that Node brings along, an operator adds private authorities to that of the system. */
export function trustedHere(): readonly string[] {
  return [...new Set([...getCACertificates(), ...getCACertificates('system')])]
}

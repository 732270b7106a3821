import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import { saw, sawNothing } from './answers.ts'
import type { Observer } from './observe.ts'

/**
 * The authorities that this machine trusts: `{ certificates }` in PEM, Node's own list and that of the system, and before them what
 * the file `ca` holds; not `ok` when that cannot be read.
 */
export const authorities: Observer = async ({ ca }) => {
  try {
    const own = typeof ca === 'string' && ca !== '' ? await readFile(ca, 'utf8') : ''
    const blocks = own.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
    return saw({ certificates: [...blocks, ...trustedHere()] })
  } catch (error) {
    return sawNothing((error as Error).message)
  }
}

/** Both lists: browsers know the one that Node brings along, an operator adds private authorities to that of the system. */
export function trustedHere(): readonly string[] {
  return [...new Set([...getCACertificates(), ...getCACertificates('system')])]
}

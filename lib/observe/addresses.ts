import { lookup } from 'node:dns/promises'
import { saw, sawNothing } from './answers.ts'
import type { Observer } from './observe.ts'

/** The addresses that `name` leads to from this machine: `{ addresses }`; not `ok` when it leads nowhere. */
export const addresses: Observer = async ({ name }, { rehearsal }) => {
  if (rehearsal) return saw({ addresses: ['127.0.0.1'] })
  try {
    const found = await lookup(String(name), { all: true })
    return saw({ addresses: [...new Set(found.map(({ address }) => address))] })
  } catch (error) {
    return sawNothing((error as Error).message)
  }
}

import { createRequire } from 'node:module'
import type { Execute } from './load/inventory-script.ts'

const load = createRequire(import.meta.url)

/** Milliseconds that a program may take. */
const patience = 60_000

/** Runs the programs among inventories, each once for the same words although files may be read twice. */
export function inventoryPrograms(): Execute {
  const said = new Map<string, string>()
  return (program, words) => {
    const key = [program, ...words].join('\n')
    // Few inventories are programs, so what starts them is loaded with the first.
    const { execFileSync } = load('node:child_process') as typeof import('node:child_process')
    const known =
      said.get(key) ??
      execFileSync(program, words, { encoding: 'utf8', timeout: patience, stdio: ['ignore', 'pipe', 'pipe'] })
    said.set(key, known)
    return known
  }
}

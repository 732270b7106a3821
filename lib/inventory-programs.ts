import { execFileSync } from 'node:child_process'
import type { Execute } from './load/inventory-script.ts'

/** Milliseconds that a program may take. */
const patience = 60_000

/** Runs the programs among inventories, each once for the same words although files may be read twice. */
export function inventoryPrograms(): Execute {
  const said = new Map<string, string>()
  return (program, words) => {
    const key = [program, ...words].join('\n')
    const known =
      said.get(key) ??
      execFileSync(program, words, { encoding: 'utf8', timeout: patience, stdio: ['ignore', 'pipe', 'pipe'] })
    said.set(key, known)
    return known
  }
}

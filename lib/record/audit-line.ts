import type { Stats } from '../core/event.ts'

/** What the log of a host says of a run that changed it. */
export interface Audited {
  /** ISO 8601. */
  readonly at: string
  readonly by: string
  readonly playbook: string
  readonly inventory: string
  /** The id of the run and the place its record has come to: the number and hash of its last line. */
  readonly run: string
  readonly tip: { readonly n: number; readonly chain: string }
  readonly stats: Readonly<Stats>
}

/** One line of `name=value` words for the log on a host; no value can break it or add a word to it. */
export function auditLine({ at, by, playbook, inventory, run, tip, stats }: Audited): string {
  const words = {
    run,
    by,
    playbook,
    inventory,
    changed: String(stats.changed),
    failed: String(stats.failed + stats.unreachable),
    record: `${tip.n}:${tip.chain}`,
  }
  return [at, ...Object.entries(words).map(([name, value]) => `${name}=${oneWord(value)}`)].join(' ')
}

/** Everything but letters, digits and some signs is written as in a URL. */
function oneWord(text: string): string {
  return text
    .slice(0, 200)
    .toWellFormed()
    .replaceAll(/[^\w@.,:/+-]/gu, (character) => encodeURIComponent(character).replaceAll(/[!'()*]/g, hex))
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}

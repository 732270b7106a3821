/** What `apt-get` is asked to do. */
export interface AptRequest {
  readonly verb: string
  readonly names: readonly string[]
  readonly simulate: boolean
  readonly yes: boolean
  readonly quiet: boolean
  readonly downloadOnly: boolean
  readonly onlyUpgrade: boolean
  /** Seconds to wait for the lock. */
  readonly patience: number
}

/** Reads the words after `apt-get`. */
export function readAptRequest(args: readonly string[]): AptRequest {
  const words: string[] = []
  const flags = new Set<string>()
  let patience = 0
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string
    const option = word === '-o' ? args[++at] : /^-o(.+)$/.exec(word)?.[1]
    if (option !== undefined) {
      const timeout = /^DPkg::Lock::Timeout=(-?\d+)$/i.exec(option)?.[1]
      if (timeout !== undefined) patience = timeout.startsWith('-') ? Number.POSITIVE_INFINITY : Number(timeout)
    } else if (word === '-t' || word === '-c' || word === '--target-release') at += 1
    else if (word.startsWith('--')) flags.add(word)
    else if (word.startsWith('-')) for (const letter of word.slice(1)) flags.add(letter)
    else words.push(word)
  }
  const has = (...names: string[]) => names.some((name) => flags.has(name))
  const [verb = '', ...names] = words
  return {
    verb: verb === 'remove' && has('--purge') ? 'purge' : verb,
    names,
    patience,
    simulate: has('s', '--simulate', '--dry-run', '--just-print', '--no-act'),
    yes: has('y', '--yes', '--assume-yes') || /q{2}/.test(args.join(' ')),
    quiet: has('q', '--quiet'),
    downloadOnly: has('d', '--download-only'),
    onlyUpgrade: has('--only-upgrade'),
  }
}

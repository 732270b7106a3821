/** Does a `*`/`?` pattern of OpenSSH match the whole text? Upper and lower case are the same, as for host names. */
export function patternMatches(pattern: string, text: string): boolean {
  const source = pattern
    .toLowerCase()
    .replace(/[\\^$.*+?()[\]{}|]/g, (sign) => (sign === '*' ? '.*' : sign === '?' ? '.' : `\\${sign}`))
  return new RegExp(`^${source}$`, 's').test(text.toLowerCase())
}

/** Does one of the patterns match, and none that begins with `!`? */
export function anyMatches(patterns: readonly string[], text: string): boolean {
  if (patterns.some((one) => one.startsWith('!') && patternMatches(one.slice(1), text))) return false
  return patterns.some((one) => !one.startsWith('!') && patternMatches(one, text))
}

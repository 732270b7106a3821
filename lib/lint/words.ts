/**
 * Tells which names are used in some texts (playbooks, variables, templates): a name counts as used wherever it stands other than
 * as the name of an entry (`name: `, `name=`) or in a comment. That is generous, as a finding that is
 * wrong costs more than one that is missed.
 */
export function usesIn(texts: Iterable<string>): (name: string) => boolean {
  const used = new Set<string>()
  for (const text of texts) {
    for (const line of text.split('\n')) {
      const content = line.replace(/(^|\s)#.*$/, '')
      for (const [word] of content.matchAll(/\b[A-Za-z_]\w*\b(?!["']?\s*:(?:\s|$))(?!\s*=(?!=))/g)) used.add(word)
    }
  }
  return (name) => used.has(name)
}

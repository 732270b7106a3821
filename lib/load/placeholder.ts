/**
 * The mark of the shipped starting points where a person must write something, `<CHANGE: public name of the server>`, and
 * what to do about it; undefined when the text holds none. In YAML it must stand in quotes, as it has a colon.
 */
export function placeholderIn(text: string): { readonly text: string; readonly mend: string } | undefined {
  const match = /<CHANGE\b:?\s*([^>]*)>/.exec(text)
  if (!match) return undefined
  const what = match[1]?.trim()
  return { text: match[0], mend: what ? `write here: ${what}` : 'write your own value here' }
}

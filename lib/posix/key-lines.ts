/** One line of authorized_keys. */
export interface KeyLine {
  /** Kind and key: what makes it the key it is. */
  readonly id: string
  readonly options: string
  readonly comment: string
  readonly line: string
}

const kinds = /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)$/

/** Reads a line; undefined for a comment, an empty line, or what is no key. */
export function readKey(line: string): KeyLine | undefined {
  const words = wordsOf(line.trim())
  const at = words.findIndex((word) => kinds.test(word))
  const kind = words[at]
  const key = words[at + 1]
  if (at < 0 || at > 1 || kind === undefined || key === undefined || line.trim().startsWith('#')) return undefined
  return {
    id: `${kind} ${key}`,
    options: at === 1 ? (words[0] ?? '') : '',
    comment: words.slice(at + 2).join(' '),
    line: line.trim(),
  }
}

/** Blanks within quotes of the options part nothing. */
function wordsOf(line: string): readonly string[] {
  return line.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? []
}

export interface KeyWish {
  readonly keys: readonly KeyLine[]
  readonly state: 'present' | 'absent'
  readonly options: string | undefined
  readonly comment: string | undefined
  readonly exclusive: boolean
}

/** The text of authorized_keys with the keys in it, or without them; other lines stay where they are. */
export function editKeys(text: string, { keys, state, options, comment, exclusive }: KeyWish): string {
  const wanted = new Map(keys.map((key) => [key.id, key]))
  const there = new Set<string>()
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const kept = lines.flatMap((line) => {
    const found = readKey(line)
    if (!found) return [line]
    const key = wanted.get(found.id)
    if (!key) return exclusive && state === 'present' ? [] : [line]
    if (state === 'absent' || there.has(found.id)) return []
    there.add(found.id)
    const then = write(key, options ?? key.options, comment ?? key.comment)
    return [found.options === (options ?? key.options) && found.comment === (comment ?? key.comment) ? line : then]
  })
  const added =
    state === 'absent'
      ? []
      : [...wanted.values()]
          .filter((key) => !there.has(key.id))
          .map((key) => write(key, options ?? key.options, comment ?? key.comment))
  const all = [...kept, ...added]
  return all.length === 0 ? '' : `${all.join('\n')}\n`
}

function write(key: KeyLine, options: string, comment: string): string {
  return [options, key.id, comment].filter((part) => part !== '').join(' ')
}

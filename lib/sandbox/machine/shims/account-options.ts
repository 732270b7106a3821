/** The words after a command on accounts: one-letter flags, values by letter, and names. */
export interface AccountOptions {
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly names: readonly string[]
}

const VALUED: { readonly [long: string]: string } = {
  '--uid': 'u',
  '--gid': 'g',
  '--groups': 'G',
  '--home-dir': 'd',
  '--home': 'd',
  '--shell': 's',
  '--comment': 'c',
  '--password': 'p',
  '--base-dir': 'b',
  '--login': 'l',
  '--new-name': 'n',
  '--expiredate': 'e',
  '--skel': 'k',
  '--mindays': 'm',
  '--maxdays': 'M',
}
const FLAGS: { readonly [long: string]: string } = {
  '--system': 'r',
  '--create-home': 'm',
  '--no-create-home': 'M',
  '--move-home': 'm',
  '--user-group': 'U',
  '--no-user-group': 'N',
  '--append': 'a',
  '--lock': 'L',
  '--unlock': 'U',
  '--remove': 'r',
  '--force': 'f',
  '--non-unique': 'o',
}

/** Reads them; `valued` lists the letters that take a value. */
export function readOptions(args: readonly string[], valued: string): AccountOptions {
  const flags = new Set<string>()
  const values = new Map<string, string>()
  const names: string[] = []
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] as string
    if (word === '--') {
      names.push(...args.slice(at + 1))
      break
    }
    const [long = '', given] = word.split('=', 2)
    if (VALUED[long]) values.set(VALUED[long], given ?? args[++at] ?? '')
    else if (FLAGS[long]) flags.add(FLAGS[long])
    else if (/^-[a-zA-Z]/.test(word)) {
      for (let letter = 1; letter < word.length; letter += 1) {
        const c = word[letter] as string
        if (valued.includes(c)) {
          values.set(c, word.slice(letter + 1) || (args[++at] ?? ''))
          break
        }
        flags.add(c)
      }
    } else names.push(word)
  }
  return { flags, values, names }
}

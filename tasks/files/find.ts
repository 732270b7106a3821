import { findScript, matching, parseAmount, readListing } from '../../lib/posix/find.ts'
import { inodeValues } from '../../lib/posix/look.ts'
import { modeText } from '../../lib/posix/mode.ts'
import { checkPatterns } from '../../lib/posix/patterns.ts'
import { type Finding, problem, s, task } from '../../lib/task.ts'

export default task({
  summary: 'Lists files in folders of the host by name, age and size.',
  args: s.args({
    paths: s.words('Folders to look in.', { aliases: ['name', 'path'] }),
    patterns: s.words('Names to look for, with * and ?; all when not given.', { aliases: ['pattern'] }).default([]),
    excludes: s.words('Names to leave out.', { aliases: ['exclude'] }).optional(),
    use_regex: s.boolean('Patterns are regular expressions.').default(false),
    file_type: s.choice(['file', 'directory', 'link', 'any'], 'Kind of thing to look for.').default('file'),
    recurse: s.boolean('Also look in folders below.').default(false),
    depth: s.int('How deep to look, with recurse.').optional(),
    hidden: s.boolean('Also list names that begin with a dot.').default(false),
    follow: s.boolean('Follow symbolic links.').default(false),
    age: s.string('At least so old: "30d", "2h"; with a minus, at most.').optional(),
    age_stamp: s.choice(['atime', 'ctime', 'mtime'], 'Which time counts as age.').default('mtime'),
    contains: s
      .string('Regular expression that a line of the file must match from its beginning; for files alone.')
      .optional(),
    read_whole_file: s
      .boolean('The expression is looked for in the file as a whole, line breaks included.')
      .default(false),
    get_checksum: s.boolean('Also return the SHA-1 of files.').default(false),
    size: s.string('At least so large: "10m"; with a minus, at most.').optional(),
  }),
  examples: ['find: { paths: /var/backups/rocketchat, patterns: "*.archive.gz", age: 14d }'],
  returns: {
    files: 'What was found: path, size, mode, mtime and so on.',
    matched: 'How many that are.',
    examined: 'How many were looked at.',
    skipped_paths: 'Folders that could not be looked at, and why.',
  },

  validate: (args): readonly Finding[] => {
    const found: Finding[] = []
    for (const [name, units] of [
      ['age', { s: 1, m: 1, h: 1, d: 1, w: 1 }],
      ['size', { b: 1, k: 1, m: 1, g: 1, t: 1 }],
    ] as const) {
      const text = args[name]
      if (text === undefined) continue
      try {
        parseAmount(text, units)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        found.push({ path: [name], diagnostic: problem('wrong-argument', error.message) })
      }
    }
    if (args.contains !== undefined) found.push(...checkPatterns({ contains: args.contains }, ['contains']))
    const patterns = args.use_regex ? [...args.patterns, ...(args.excludes ?? [])] : []
    return [...found, ...patterns.flatMap((pattern) => checkPatterns({ patterns: pattern }, ['patterns']))]
  },
  probe: (args) => ({ ask: [{ on: 'shell', script: findScript(args) }], read: ([answer]) => readListing(answer) }),
  diff: () => [],
  result: (args, listing) => {
    const files = matching(listing, args).map(({ path, entry, sha1 }) => ({
      path,
      ...(sha1 !== undefined && { checksum: sha1 }),
      mode: modeText(entry.mode),
      isdir: entry.kind === 'directory',
      isreg: entry.kind === 'file',
      islnk: entry.kind === 'link',
      ...inodeValues(entry),
    }))
    return {
      values: { files, matched: files.length, examined: listing.entries.length, skipped_paths: listing.skipped },
    }
  },
})

import { type Entry, inodeValues, type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { modeText } from '../../lib/posix/mode.ts'
import { join, raw, s, sh, task, type Value } from '../../lib/task.ts'

interface State {
  readonly look: Look
  /** What the account of the task may do with it. */
  readonly access: { readonly read: boolean; readonly write: boolean; readonly execute: boolean }
  readonly checksum: string | undefined
  /** Kind of content and its encoding, as the program `file` names them. */
  readonly mime: readonly [string, string] | undefined
  /** The end of a chain of links. */
  readonly source: string | undefined
}

const mime = 'file --mime-type --mime-encoding'

export default task({
  summary: 'Looks at a path and returns what is there.',
  args: s.args({
    path: s.string('Path on the host.', { aliases: ['dest', 'name'] }),
    follow: s.boolean('Look at what a symbolic link points at.').default(false),
    get_checksum: s.boolean('Also calculate a checksum of a regular file.').default(true),
    checksum_algorithm: s
      .choice(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'], 'Kind of checksum.', {
        aliases: ['checksum', 'checksum_algo'],
      })
      .default('sha1'),
    get_mime: s
      .boolean('Also tell the kind of content and its encoding, where the host has the program "file".', {
        aliases: ['mime', 'mime_type', 'mime-type'],
      })
      .default(true),
    get_attributes: s
      .boolean('Accepted for playbooks that turn it off; attributes of the file system are never returned.', {
        aliases: ['attr', 'attributes'],
      })
      .default(false),
  }),
  examples: [
    `name: Is there a database already?
stat:
  path: /var/lib/mongodb/WiredTiger
register: database`,
  ],
  returns: {
    stat: 'exists, isdir, isreg, islnk, mode, uid, gid, pw_name, gr_name, size, mtime, checksum, mimetype, lnk_source and so on.',
  },

  probe: ({ path, follow, get_mime, get_checksum, checksum_algorithm }) => ({
    ask: [
      {
        on: 'shell',
        script: join([
          lookScript(path, { follow }),
          raw('for t in r w x; do if [ "-$t" "$p" ]; then printf 1; else printf 0; fi; done; echo'),
          get_checksum
            ? sh`if [ -f "$p" ]${raw(follow ? '' : ' && [ ! -h "$p" ]')}; then ${raw(`${checksum_algorithm}sum`)} <"$p"; else echo; fi`
            : raw('echo'),
          raw('if [ -h "$p" ]; then readlink -f -- "$p"; else echo; fi'),
          ...(get_mime ? [raw(`${mime} -- "$p" 2>/dev/null; :`)] : []),
        ]),
      },
    ],
    read: ([answer]): State => {
      const lines = (answer?.text ?? '').split('\n')
      const access = lines[5] ?? ''
      const kind = /: ([^:;]+); charset=(\S+)$/m.exec(lines.slice(8).join('\n'))
      const checksum = /^[0-9a-f]+/.exec(lines[6] ?? '')?.[0]
      return {
        look: readLook(answer),
        access: { read: access[0] === '1', write: access[1] === '1', execute: access[2] === '1' },
        checksum,
        source: lines[7] === '' ? undefined : lines[7],
        mime: kind ? [kind[1] ?? '', kind[2] ?? ''] : get_mime ? ['unknown', 'unknown'] : undefined,
      }
    },
  }),
  diff: () => [],
  result: (_args, { look, access, checksum, source, mime }) => {
    const { entry, target, path } = look
    if (entry === undefined) return { values: { stat: { exists: false } } }
    const stat: { [key: string]: Value } = {
      exists: true,
      path,
      ...facts(entry),
      readable: access.read,
      writeable: access.write,
      executable: access.execute,
      ...(checksum !== undefined && { checksum }),
      ...(mime && { mimetype: mime[0], charset: mime[1] }),
      ...(entry.kind === 'link' && { lnk_target: target ?? '', lnk_source: source ?? '' }),
    }
    return { values: { stat } }
  },
})

function facts(entry: Entry): { readonly [key: string]: Value } {
  const { mode, type } = entry
  const bit = (mask: number) => (mode & mask) !== 0
  return {
    mode: modeText(mode),
    isdir: type === 0o04,
    ischr: type === 0o02,
    isblk: type === 0o06,
    isreg: type === 0o10,
    isfifo: type === 0o01,
    islnk: type === 0o12,
    issock: type === 0o14,
    ...inodeValues(entry),
    wusr: bit(0o200),
    rusr: bit(0o400),
    xusr: bit(0o100),
    wgrp: bit(0o020),
    rgrp: bit(0o040),
    xgrp: bit(0o010),
    woth: bit(0o002),
    roth: bit(0o004),
    xoth: bit(0o001),
    isuid: bit(0o4000),
    isgid: bit(0o2000),
  }
}

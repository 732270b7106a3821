import { writeArgs } from '../../lib/posix/arguments.ts'
import {
  applyEdit,
  type EditData,
  editable,
  editChanges,
  editProbe,
  editResult,
  missing,
} from '../../lib/posix/edit.ts'
import { dropLines, putLine, splitLines } from '../../lib/posix/edit-lines.ts'
import { checkPatterns } from '../../lib/posix/patterns.ts'
import { type Change, type Finding, problem, s, task } from '../../lib/task.ts'

export default task({
  summary: 'A file has this line, or no line like it.',
  args: s.args({
    path: s.string('Path of the file.', { aliases: ['dest', 'destfile', 'name'] }),
    line: s.text('The line; may be a secret.', { aliases: ['value'] }).optional(),
    regexp: s
      .string('Regular expression of the line to replace or remove; the last one that matches is replaced.', {
        aliases: ['regex'],
      })
      .optional(),
    search_string: s.string('Text within the line to replace or remove.').optional(),
    state: s.choice(['present', 'absent'], 'Shall the line be there?').default('present'),
    backrefs: s
      .boolean('Groups of regexp can be used in line (\\1); nothing is added when it does not match.')
      .default(false),
    insertafter: s.string('Regular expression of the line to add it after; EOF is the end.').optional(),
    insertbefore: s.string('Regular expression of the line to add it before; BOF is the beginning.').optional(),
    firstmatch: s.boolean('The first line that matches counts instead of the last.').default(false),
    create: s.boolean('Make the file when there is none.').default(false),
    ...writeArgs(),
  }),
  examples: [
    `lineinfile:
  path: /etc/ssh/sshd_config
  regexp: ^#?PasswordAuthentication
  line: PasswordAuthentication no
  validate: /usr/sbin/sshd -t -f %s`,
    'lineinfile: { path: /etc/hosts, regexp: " chat$", line: "192.0.2.10 chat.example.org chat", create: true, mode: "0644" }',
    'lineinfile: { path: /etc/fstab, search_string: /dev/old, state: absent }',
  ],
  returns: { msg: 'What was done.', path: 'Path of the file.', backup_file: 'Path of the backup, when one was made.' },

  validate: (args): readonly Finding[] => {
    const { line, regexp, search_string, state, backrefs, insertafter, insertbefore } = args
    const found: Finding[] = [...checkPatterns(args, ['regexp', 'insertafter', 'insertbefore'])]
    const add = (path: string, message: string) =>
      found.push({ path: [path], diagnostic: problem('wrong-argument', message) })
    if (state === 'present' && line === undefined) add('state', 'state: present needs the line')
    if (state === 'absent' && line === undefined && regexp === undefined && search_string === undefined)
      add('state', 'state: absent needs regexp, search_string or line')
    if (backrefs && regexp === undefined) add('backrefs', 'backrefs needs regexp')
    if (regexp !== undefined && search_string !== undefined)
      add('search_string', 'regexp and search_string exclude each other')
    if (insertafter !== undefined && insertbefore !== undefined)
      add('insertbefore', 'insertafter and insertbefore exclude each other')
    return found
  },
  probe: ({ path }, context) => editProbe(path, context),
  diff: (args, look): readonly Change<EditData>[] => {
    const text = editable(look)
    const line = args.line ?? ''
    const drop = (old: string, plain: string) => dropLines(old, { ...args, line: plain })
    const put = (old: string, plain: string) => putLine(old, { ...args, line: plain })
    if (args.state === 'absent') {
      if (text === undefined) return []
      const msg = typeof line === 'string' ? `${drop(text, line).dropped} line(s) removed` : 'line(s) removed'
      return editChanges(look, text, line, (old, plain) => drop(old, plain).text, msg, args)
    }
    if (text === undefined && !args.create) throw missing(look.path)
    // The message must tell nothing of a secret line.
    const longer = typeof line === 'string' && splitLines(put(text ?? '', line)).length > splitLines(text ?? '').length
    const msg = typeof line !== 'string' ? 'line added or replaced' : longer ? 'line added' : 'line replaced'
    return editChanges(look, text ?? '', line, put, msg, args)
  },
  apply: (change, io) => applyEdit(change, io),
  result: (_args, look) => editResult(look),
})

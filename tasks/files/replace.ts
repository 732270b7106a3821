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
import { replaceAllIn } from '../../lib/posix/edit-replace.ts'
import { checkPatterns } from '../../lib/posix/patterns.ts'
import { type Change, type Finding, problem, s, task } from '../../lib/task.ts'

export default task({
  summary: 'All that matches an expression in a file is replaced.',
  args: s.args({
    path: s.string('Path of the file.', { aliases: ['dest', 'destfile', 'name'] }),
    regexp: s.string('Regular expression; ^ and $ match at each line.'),
    replace: s
      .text('What to put instead, with \\1 or \\g<name> for groups; nothing when not given. May be a secret.')
      .default(''),
    after: s.string('Only replace after what this expression matches.').optional(),
    before: s.string('Only replace before what this expression matches.').optional(),
    encoding: s.choice(['utf-8'], 'How the file is written.').default('utf-8'),
    ...writeArgs(),
  }),
  examples: [
    `replace: { path: /etc/apt/sources.list, regexp: "^deb-src .*$", replace: "# \\\\g<0>" }`,
    'replace: { path: /etc/hosts, regexp: old\\.example\\.org, replace: new.example.org, backup: true }',
  ],
  returns: {
    msg: 'How many replacements were made.',
    path: 'Path of the file.',
    backup_file: 'Path of the backup, when one was made.',
  },

  validate: (args): readonly Finding[] => [
    ...checkPatterns(args, ['regexp', 'after', 'before']),
    ...(args.regexp === ''
      ? [{ path: ['regexp'], diagnostic: problem('wrong-argument', 'the expression is empty') }]
      : []),
  ],
  probe: ({ path }, context) => editProbe(path, context),
  diff: (args, look): readonly Change<EditData>[] => {
    const text = editable(look)
    if (text === undefined) throw missing(look.path)
    const count = replaceAllIn(text, { ...args, replace: '' }).count
    return editChanges(
      look,
      text,
      args.replace,
      (old, plain) => replaceAllIn(old, { ...args, replace: plain }).text,
      `${count} replacements made`,
      args,
    )
  },
  apply: (change, io) => applyEdit(change, io),
  result: (_args, look) => editResult(look),
})

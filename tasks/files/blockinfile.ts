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
import { putBlock } from '../../lib/posix/edit-block.ts'
import { checkPatterns } from '../../lib/posix/patterns.ts'
import { type Change, type Finding, problem, s, task } from '../../lib/task.ts'

export default task({
  summary: 'A file has this block of lines between two markers, or no such block.',
  args: s.args({
    path: s.string('Path of the file.', { aliases: ['dest', 'destfile', 'name'] }),
    block: s.text('The lines; may be a secret. None removes the block.', { aliases: ['content'] }).default(''),
    state: s.choice(['present', 'absent'], 'Shall the block be there?').default('present'),
    marker: s
      .string('The markers, with {mark} for their beginning or end; each file needs another one for each block.')
      .default('# {mark} ANSIBLE MANAGED BLOCK'),
    marker_begin: s.string('What {mark} is in the first marker.').default('BEGIN'),
    marker_end: s.string('What {mark} is in the last marker.').default('END'),
    insertafter: s.string('Regular expression of the line to add it after; EOF is the end.').optional(),
    insertbefore: s.string('Regular expression of the line to add it before; BOF is the beginning.').optional(),
    create: s.boolean('Make the file when there is none.').default(false),
    ...writeArgs(),
  }),
  examples: [
    `blockinfile:
  path: /etc/hosts
  marker: "# {mark} chat servers"
  block: |
    192.0.2.10 chat.example.org
    192.0.2.11 files.example.org`,
    'blockinfile: { path: /etc/hosts, marker: "# {mark} chat servers", state: absent }',
  ],
  returns: { msg: 'What was done.', path: 'Path of the file.', backup_file: 'Path of the backup, when one was made.' },

  validate: (args): readonly Finding[] => {
    const found: Finding[] = [...checkPatterns(args, ['insertafter', 'insertbefore'])]
    const add = (path: string, message: string, mend: string) =>
      found.push({ path: [path], diagnostic: problem('wrong-argument', message, { mend }) })
    if (!args.marker.includes('{mark}'))
      add(
        'marker',
        'the marker has no {mark} in it, so its beginning and end would be alike',
        'write for example "# {mark} of my block"',
      )
    if (args.insertafter !== undefined && args.insertbefore !== undefined)
      add('insertbefore', 'insertafter and insertbefore exclude each other', 'remove one of them')
    return found
  },
  probe: ({ path }, context) => editProbe(path, context),
  diff: (args, look): readonly Change<EditData>[] => {
    const text = editable(look)
    const { state, marker, marker_begin, marker_end, insertafter, insertbefore } = args
    if (text === undefined && state === 'absent') return []
    if (text === undefined && !args.create) throw missing(look.path)
    const wish = {
      begin: marker.replaceAll('{mark}', marker_begin),
      end: marker.replaceAll('{mark}', marker_end),
      insertafter,
      insertbefore,
    }
    const block = state === 'absent' ? '' : args.block
    const msg = state === 'absent' ? 'Block removed' : text === undefined ? 'File created' : 'Block inserted'
    return editChanges(look, text ?? '', block, (old, plain) => putBlock(old, { ...wish, block: plain }), msg, args)
  },
  apply: (change, io) => applyEdit(change, io),
  result: (_args, look) => editResult(look),
})

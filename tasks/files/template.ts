import { Readable } from 'node:stream'
import { attributeArgs, preservableMode, writeArgs } from '../../lib/posix/arguments.ts'
import { type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { modeText } from '../../lib/posix/mode.ts'
import { applyPlace, placeChanges, placeResult, type Wanted, wantedText } from '../../lib/posix/place.ts'
import { baseName } from '../../lib/posix/words.ts'
import {
  byteLength,
  derive,
  problem,
  Secret,
  type Source,
  s,
  sha256,
  TaskError,
  type Text,
  task,
} from '../../lib/task.ts'

export default task({
  summary: 'A file made from a template is in place.',
  args: s.args({
    src: s.template('Template beside the playbook (templates/), filled in with the variables of the host.', {
      reading,
    }),
    dest: s.string('Path of the file on the host; in a folder, the file gets the name of the template.'),
    ...attributeArgs(),
    ...writeArgs(),
    mode: preservableMode(),
    force: s.boolean('Replace a file that has other content; false only makes missing files.').default(true),
    follow: s.boolean('Write through a symbolic link instead of replacing it.').default(false),
    newline_sequence: s
      .choice(['\n', '\r', '\r\n', '\\n', '\\r', '\\r\\n'], 'What ends the lines of the file.')
      .default('\n'),
    trim_blocks: s.boolean('Leave out the line break behind a block.').default(true),
    lstrip_blocks: s.boolean('Leave out blanks before a block at the beginning of a line.').default(false),
    variable_start_string: s.string('What begins a value.').default('{{'),
    variable_end_string: s.string('What ends it.').default('}}'),
    block_start_string: s.string('What begins a statement.').default('{%'),
    block_end_string: s.string('What ends it.').default('%}'),
    comment_start_string: s.string('What begins a comment.').default('{#'),
    comment_end_string: s.string('What ends it.').default('#}'),
    output_encoding: s
      .choice(['utf-8', 'utf8', 'latin-1', 'iso-8859-1', 'utf-16', 'utf-16-le'], 'How the text is written as bytes.')
      .default('utf-8'),
  }),
  examples: [
    `name: Write the environment of the server
template:
  src: server.env.j2
  dest: /opt/example/server.env
  mode: "0600"`,
    `template:
  src: site.conf.j2
  dest: /etc/nginx/conf.d/chat.conf
  owner: root
  group: root
  mode: "0644"
  backup: true
  validate: nginx -t -c %s`,
  ],
  returns: {
    dest: 'Path of the file.',
    checksum: 'SHA-1 of the file, when the result is registered or shown (`-v`).',
    mode: 'Permissions as octal text.',
    owner: 'Name of the owner.',
    group: 'Name of the group.',
    uid: 'Number of the owner.',
    gid: 'Number of the group.',
    size: 'Length in bytes.',
    state: 'What is at the path: file.',
    backup_file: 'Path of the backup, when one was made.',
  },

  probe: ({ src, dest, follow, ...how }, { unread = false }) => {
    const { sha256, shown, size } = wantedFrom(src, how)
    const limit = shown instanceof Secret || byteLength(shown ?? '') > 100_000 ? 0 : 100_000
    const name = baseName(src.path)
    return {
      ask: [
        {
          on: 'shell',
          script: lookScript(dest.endsWith('/') ? `${dest}${name}` : dest, {
            into: dest.endsWith('/') ? undefined : name,
            resolve: follow,
            sums: { size, sha1: !unread },
            content: limit > 0 ? { limit, unless: sha256() } : undefined,
          }),
        },
      ],
      read: ([answer]): Look => readLook(answer),
    }
  },
  diff: ({ src, mode, ...how }, look) =>
    placeChanges(look, wantedFrom(src, how), {
      ...how,
      mode: mode === 'preserve' ? modeText(src.mode & 0o7777) : mode,
      makeFolder: how.dest.endsWith('/') ? '' : undefined,
    }),
  apply: (change, io) => applyPlace(change, io),
  result: ({ src }, look) => placeResult(look, {}, src.text),
})

function reading(args: { readonly [name: string]: unknown }) {
  const mark = (name: string, usual: string) => String(args[name] ?? usual)
  return {
    ...(typeof args.dest === 'string' && { destination: args.dest }),
    trimBlocks: args.trim_blocks !== false,
    lstripBlocks: args.lstrip_blocks === true,
    ...(Object.keys(args).some((name) => name.endsWith('_string')) && {
      delimiters: {
        variable: [mark('variable_start_string', '{{'), mark('variable_end_string', '}}')] as const,
        block: [mark('block_start_string', '{%'), mark('block_end_string', '%}')] as const,
        comment: [mark('comment_start_string', '{#'), mark('comment_end_string', '#}')] as const,
      },
    }),
  }
}

const newlines: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\r\\n': '\r\n' }

interface Writing {
  readonly newline_sequence: string
  readonly output_encoding: string
}

function wantedFrom(src: Source, { newline_sequence, output_encoding }: Writing): Wanted {
  const newline = newlines[newline_sequence] ?? newline_sequence
  const text: Text = src.text ?? ''
  const wanted = wantedText(newline === '\n' ? text : derive([text], (plain) => plain.replaceAll('\n', newline)))
  const encoding = encodings[output_encoding]
  if (encoding === undefined || wanted.shown === undefined) return wanted
  if (wanted.shown instanceof Secret)
    throw new TaskError(problem('wrong-argument', 'a template with a secret in it is always written as utf-8'))
  const bytes = Buffer.from(output_encoding === 'utf-16' ? `\uFEFF${wanted.shown}` : wanted.shown, encoding)
  if (encoding === 'latin1' && bytes.toString('latin1') !== wanted.shown)
    throw new TaskError(
      problem('wrong-argument', `the text has letters that ${output_encoding} does not have`, {
        mend: 'leave output_encoding out for utf-8',
      }),
    )
  return { content: () => Readable.from([bytes]), size: bytes.length, sha256: () => sha256(bytes), shown: undefined }
}

/** Encodings other than UTF-8, by Python's names for them. */
const encodings: Readonly<Record<string, BufferEncoding>> = {
  'latin-1': 'latin1',
  'iso-8859-1': 'latin1',
  'utf-16': 'utf16le',
  'utf-16-le': 'utf16le',
}

import { attributeArgs, preservableMode, writeArgs } from '../../lib/posix/arguments.ts'
import { type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { modeText } from '../../lib/posix/mode.ts'
import { applyPlace, placeChanges, placeResult, type Wanted, wantedText } from '../../lib/posix/place.ts'
import { baseName } from '../../lib/posix/words.ts'
import { byteLength, derive, Secret, type Source, s, type Text, task } from '../../lib/task.ts'

export default task({
  summary: 'A file made from a template is in place.',
  args: s.args({
    src: s.template('Template beside the playbook (templates/), filled in with the variables of the host.'),
    dest: s.string('Path of the file on the host; in a folder, the file gets the name of the template.'),
    ...attributeArgs(),
    ...writeArgs(),
    mode: preservableMode(),
    force: s.boolean('Replace a file that has other content; false only makes missing files.').default(true),
    follow: s.boolean('Write through a symbolic link instead of replacing it.').default(false),
    newline_sequence: s
      .choice(['\n', '\r', '\r\n', '\\n', '\\r', '\\r\\n'], 'What ends the lines of the file.')
      .default('\n'),
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
    checksum: 'SHA-1 of the file.',
    mode: 'Permissions as octal text.',
    owner: 'Name of the owner.',
    group: 'Name of the group.',
    uid: 'Number of the owner.',
    gid: 'Number of the group.',
    size: 'Length in bytes.',
    state: 'What is at the path: file.',
    backup_file: 'Path of the backup, when one was made.',
  },

  probe: ({ src, dest, newline_sequence, follow }) => {
    const { sha256, shown } = wantedFrom(src, newline_sequence)
    const limit = shown instanceof Secret || byteLength(shown ?? '') > 100_000 ? 0 : 100_000
    const name = baseName(src.path)
    return {
      ask: [
        {
          on: 'shell',
          script: lookScript(dest.endsWith('/') ? `${dest}${name}` : dest, {
            into: dest.endsWith('/') ? undefined : name,
            resolve: follow,
            sums: true,
            content: limit > 0 ? { limit, unless: sha256 } : undefined,
          }),
        },
      ],
      read: ([answer]): Look => readLook(answer),
    }
  },
  diff: ({ src, newline_sequence, mode, ...how }, look) =>
    placeChanges(look, wantedFrom(src, newline_sequence), {
      ...how,
      mode: mode === 'preserve' ? modeText(src.mode & 0o7777) : mode,
      makeFolder: how.dest.endsWith('/') ? '' : undefined,
    }),
  apply: (change, io) => applyPlace(change, io),
  result: (_args, look) => placeResult(look),
})

const newlines: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\r\\n': '\r\n' }

function wantedFrom(src: Source, sequence: string): Wanted {
  const newline = newlines[sequence] ?? sequence
  const text: Text = src.text ?? ''
  return wantedText(newline === '\n' ? text : derive([text], (plain) => plain.replaceAll('\n', newline)))
}

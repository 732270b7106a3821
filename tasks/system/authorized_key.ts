import { editable } from '../../lib/posix/edit.ts'
import { editKeys, type KeyLine, readKey } from '../../lib/posix/key-lines.ts'
import { type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { applyPlace, type PlaceData, placeChanges, wantedText } from '../../lib/posix/place.ts'
import { folderOf } from '../../lib/posix/words.ts'
import { type Change, create, type Finding, join, NotYetError, problem, raw, s, sh, task } from '../../lib/task.ts'

interface State {
  readonly account: { readonly uid: string; readonly gid: string } | undefined
  readonly folder: boolean
  readonly file: Look
}

type Data =
  | { readonly do: 'file'; readonly place: PlaceData }
  | { readonly do: 'folder'; readonly path: string; readonly owner: string }

export default task({
  summary: 'An SSH key may sign in to an account, or may not.',
  args: s.args({
    user: s.string('Name of the account.'),
    key: s.string('The public key, or several, one a line.'),
    state: s.choice(['present', 'absent'], 'Shall it be there?').default('present'),
    path: s.string('File with the keys; .ssh/authorized_keys of the account when not given.').optional(),
    key_options: s.string('Options in front of the key.').optional(),
    comment: s.string('Comment after the key.').optional(),
    exclusive: s.boolean('Remove all other keys.').default(false),
    manage_dir: s.boolean('Make the folder with the right owner and permissions.').default(true),
    follow: s.boolean('Write through a symbolic link.').default(false),
  }),
  examples: [
    `authorized_key:
  user: deploy
  key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa deploy@example.org
  key_options: no-port-forwarding`,
  ],
  returns: {
    keyfile: 'Path of the file.',
    user: 'Name of the account.',
    key: 'The keys.',
    state: 'present or absent.',
    exclusive: 'Were all other keys to go?',
    comment: 'Comment, when one was given.',
    key_options: 'Options, when some were given.',
    path: 'Path of the file, when one was given.',
    manage_dir: 'Was the folder to be made?',
    follow: 'Was a link to be followed?',
  },

  validate: ({ key }): readonly Finding[] => {
    const wrong = key
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.trim().startsWith('#') && readKey(line) === undefined)
    if (keysOf(key).length > 0 && wrong.length === 0) return []
    const mend = 'give the content of the .pub file: kind, key and comment on one line'
    return [{ path: ['key'], diagnostic: problem('wrong-argument', 'this is no public SSH key', { mend }) }]
  },
  probe: ({ user, path, follow }) => ({
    ask: [
      {
        on: 'shell',
        script: join([
          sh`n=${user}; u="$({ getent passwd "$n" 2>/dev/null || grep "^$n:" /etc/passwd; } | head -n 1)"; printf '%s\n' "$u" | cut -d: -f3,4`,
          raw(`h="$(printf '%s' "$u" | cut -d: -f6)"; HOME="$h"; if [ -d "$h/.ssh" ]; then echo folder; else echo; fi`),
          lookScript(path ?? '~/.ssh/authorized_keys', {
            resolve: follow,
            sums: { sha1: false },
            content: { limit: 1_000_000 },
          }),
        ]),
      },
    ],
    read: ([answer]): State => {
      const [ids = '', folder = '', ...rest] = (answer?.text ?? '').split('\n')
      const [uid = '', gid = ''] = ids.split(':')
      return {
        account: uid === '' ? undefined : { uid, gid },
        folder: folder === 'folder',
        file: readLook({ ok: true, code: 0, errors: answer?.errors ?? '', text: rest.join('\n') }),
      }
    },
  }),
  diff: (
    { user, key, state, path, key_options, comment, exclusive, manage_dir },
    { account, folder, file },
  ): readonly Change<Data>[] => {
    if (!account)
      throw new NotYetError(
        problem('account-missing', `there is no account ${user} on the host`, {
          mend: 'make it in a task before, with user',
        }),
      )
    if (state === 'absent' && file.entry === undefined) return []
    const after = editKeys(editable(file) ?? '', { keys: keysOf(key), state, options: key_options, comment, exclusive })
    const owned = { mode: file.entry && !manage_dir ? undefined : '0600', owner: account.uid, group: account.gid }
    const missing = manage_dir && path === undefined && !folder
    const changes = placeChanges(
      { ...file, parent: file.parent || missing },
      wantedText(after),
      path === undefined ? { ...owned, follow: true } : { follow: true },
    )
    const made = changes.map((change): Change<Data> => ({ ...change, data: { do: 'file', place: change.data } }))
    if (!missing) return made
    const parent = folderOf(file.path)
    return [
      create(
        parent,
        { mode: '0700', owner: user },
        { do: 'folder', path: parent, owner: `${account.uid}:${account.gid}` },
      ),
      ...made,
    ]
  },
  apply: async (change, io) => {
    const { data } = change
    if (data.do === 'file') return applyPlace({ ...change, data: data.place }, io)
    await io.sh(sh`mkdir -p -- ${data.path} && chown ${data.owner} ${data.path} && chmod 0700 ${data.path}`)
    return undefined
  },
  result: (args, { file }) => ({
    values: {
      user: args.user,
      key: args.key,
      keyfile: file.path,
      state: args.state,
      exclusive: args.exclusive,
      comment: args.comment ?? null,
      key_options: args.key_options ?? null,
      path: args.path ?? null,
      manage_dir: args.manage_dir,
      follow: args.follow,
    },
  }),
})

function keysOf(text: string): readonly KeyLine[] {
  return text.split('\n').flatMap((line) => readKey(line) ?? [])
}

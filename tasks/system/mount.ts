import { entryOf, type FstabEntry, mountedIn, samePlace, withEntry, withoutEntry } from '../../lib/posix/fstab.ts'
import { type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { applyPlace, type PlaceData, placeChanges, shownLimit, wantedText } from '../../lib/posix/place.ts'
import { expanded } from '../../lib/posix/words.ts'
import {
  type Change,
  create,
  type Finding,
  join,
  problem,
  type Result,
  raw,
  remove,
  run,
  type Script,
  s,
  sh,
  TaskError,
  task,
  update,
} from '../../lib/task.ts'

interface State {
  readonly fstab: Look
  /** The place with all links followed. */
  readonly path: string
  readonly exists: boolean
  readonly mounted: boolean
}

type Data = { readonly kind: 'fstab'; readonly place: PlaceData } | { readonly kind: 'run'; readonly script: Script }

export default task({
  summary: 'A file system is mounted, or is not, and fstab says so.',
  args: s.args({
    path: s.string('Where it is mounted; "none" for swap.', { aliases: ['name'] }),
    state: s.choice(
      ['mounted', 'present', 'unmounted', 'absent', 'absent_from_fstab', 'remounted', 'ephemeral'],
      'mounted: in fstab, and mounted; present: in fstab alone; ephemeral: mounted alone; unmounted: not mounted, fstab as it is; absent: neither, and the folder gone; absent_from_fstab: not in fstab; remounted: mounted anew.',
    ),
    src: s.string('Device, address or folder to mount.').optional(),
    fstype: s.string('Kind of file system.').optional(),
    opts: s.string('Options, with commas between them.').optional(),
    dump: s.string('Fifth field of fstab.').default('0'),
    passno: s.string('Sixth field of fstab: when it is checked at boot.').default('0'),
    boot: s.boolean('Mount it at boot; false adds noauto to the options.').default(true),
    fstab: s.string('The file that is kept instead of /etc/fstab.').optional(),
    backup: s.boolean('Keep the old fstab beside the new one, with the time in its name.').default(false),
  }),
  examples: [
    `name: Mount the disk of the database
mount:
  path: /var/lib/mongodb
  src: LABEL=database
  fstype: xfs
  opts: noatime
  state: mounted`,
    'mount: { path: /mnt/old, state: absent }',
  ],
  returns: {
    name: 'Where it is mounted.',
    src: 'What is mounted.',
    fstype: 'Kind of file system.',
    opts: 'Options.',
    dump: 'Fifth field of fstab.',
    passno: 'Sixth field of fstab.',
    fstab: 'The file that was looked at.',
    backup_file: 'Path of the backup, when one was made.',
  },

  validate: ({ path, state, src, fstype, fstab }): readonly Finding[] => {
    const found: Finding[] = []
    const add = (name: string, message: string, mend: string) =>
      found.push({ path: [name], diagnostic: problem('wrong-argument', message, { mend }) })
    const needs = ['mounted', 'present', 'ephemeral'].includes(state)
    if (needs && src === undefined) add('state', `state: ${state} needs src`, 'say what is to be mounted')
    if (needs && fstype === undefined)
      add('state', `state: ${state} needs fstype`, 'say which kind of file system it has')
    if (!path.startsWith('/') && !['none', 'swap'].includes(path))
      add('path', `${path} is no whole path`, 'begin it with /')
    if (!path.startsWith('/') && !['present', 'absent', 'absent_from_fstab'].includes(state))
      add('state', `swap cannot be ${state}`, 'use state: present, and swapon in a command')
    if (state === 'ephemeral' && fstab !== undefined)
      add('fstab', 'state: ephemeral does not look at fstab', 'remove fstab')
    return found
  },
  probe: ({ path, fstab }) => ({
    ask: [
      {
        on: 'shell',
        script: join([
          sh`(${lookScript(fstab ?? '/etc/fstab', { resolve: true, sums: { sha1: false } })}\nif [ -f "$p" ]; then echo +; cat -- "$p"; fi)`,
          raw("printf '\\n==\\n'; cat /proc/self/mountinfo; echo '=='"),
          sh`p=${expanded(path)}; if [ -e "$p" ]; then echo yes; readlink -f -- "$p"; else echo no; printf '%s\n' "$p"; fi`,
        ]),
      },
    ],
    read: ([answer]): State => {
      const [fstab = '', mounts = '', place = ''] = (answer?.text ?? '').split(/^==\n/m)
      const [exists, real = ''] = place.split('\n')
      return {
        fstab: readLook({ ok: true, code: 0, text: fstab.replace(/\n$/, ''), errors: answer?.errors ?? '' }),
        path: real,
        exists: exists === 'yes',
        mounted: mountedIn(mounts).has(real),
      }
    },
  }),
  diff: (args, state): readonly Change<Data>[] => {
    const { path, state: wanted } = args
    const act = (change: Change<undefined>, script: Script): Change<Data> => ({
      ...change,
      data: { kind: 'run', script },
    })
    const place = sh`${path}`
    const file = args.fstab === undefined ? [] : ['-T', args.fstab]
    const folder = state.exists ? [] : [act(create(path, 'folder', undefined), sh`mkdir -p -- ${place}`)]
    const mounting = (script: Script) => [...folder, act(create(`mount ${path}`, args.src ?? path, undefined), script)]
    const unmounting = state.mounted ? [act(remove(`mount ${path}`, path, undefined), sh`umount -- ${place}`)] : []
    switch (wanted) {
      case 'present':
        return tableChanges(args, state, withEntry)
      case 'absent_from_fstab':
        return tableChanges(args, state, withoutEntry)
      case 'unmounted':
        return unmounting
      case 'absent':
        return [
          ...tableChanges(args, state, withoutEntry),
          ...unmounting,
          ...(state.exists && path.startsWith('/')
            ? [act(remove(path, 'folder', undefined), sh`rmdir -- ${place}`)]
            : []),
        ]
      case 'mounted': {
        const table = tableChanges(args, state, withEntry)
        if (!state.mounted) return [...table, ...mounting(sh`mount ${file} -- ${place}`)]
        const again = sh`mount ${file} -o remount -- ${place} || { umount -- ${place} && mount ${file} -- ${place}; }`
        return table.length === 0
          ? []
          : [...table, act(update(`mount ${path}`, 'as before', 'as fstab says', undefined), again)]
      }
      case 'ephemeral': {
        if (state.mounted) return []
        const options = args.opts === undefined ? [] : ['-o', args.opts]
        return mounting(sh`mount -t ${args.fstype ?? 'auto'} ${options} -- ${args.src ?? ''} ${place}`)
      }
      case 'remounted': {
        if (!state.mounted)
          throw new TaskError(
            problem('not-mounted', `nothing is mounted at ${path}`, { mend: 'use state: mounted to mount it first' }),
          )
        const options = args.opts === undefined ? 'remount' : `remount,${args.opts}`
        return [
          {
            ...run(`remount ${path}`, undefined),
            data: { kind: 'run', script: sh`mount ${file} -o ${options} -- ${place}` },
          },
        ]
      }
      default:
        return wanted satisfies never
    }
  },
  apply: async (change, io): Promise<Result | undefined> => {
    const { data } = change
    if (data.kind === 'fstab') return applyPlace({ ...change, data: data.place }, io)
    await io.sh(data.script)
    return undefined
  },
  result: (args, { fstab }) => {
    const { src, fstype, opts, dump, passno } = args
    const entry = entriesOf(fstab).find((one) => samePlace(one, placeOf(args)))
    return {
      values: {
        name: args.path,
        src: src ?? entry?.src ?? null,
        fstype: fstype ?? entry?.fstype ?? null,
        opts: optionsOf(args, opts ?? entry?.opts),
        dump,
        passno,
        fstab: fstab.path,
      },
    }
  },
})

interface Args {
  readonly path: string
  readonly src?: string | undefined
  readonly fstype?: string | undefined
  readonly opts?: string | undefined
  readonly dump: string
  readonly passno: string
  readonly boot: boolean
  readonly backup: boolean
}

function placeOf({ path, src, fstype }: Args): Partial<FstabEntry> {
  return { path, ...(src !== undefined && { src }), ...(fstype !== undefined && { fstype }) }
}

function optionsOf({ boot }: Args, opts = 'defaults'): string {
  return boot || opts.split(',').includes('noauto') ? opts : `${opts},noauto`
}

function tableChanges(
  args: Args,
  { fstab }: State,
  edit: (text: string, entry: FstabEntry) => string,
): readonly Change<Data>[] {
  const { path, src = '', fstype = '', dump, passno, backup } = args
  const before = fstab.content ?? ''
  const after = edit(before, { src, path, fstype, opts: optionsOf(args, args.opts), dump, passno })
  if (after === before) return []
  const changes = placeChanges(
    fstab,
    { ...wantedText(after), ...(after.length > shownLimit && { shown: undefined }) },
    { backup, follow: true },
  )
  return changes.map((change) => ({ ...change, data: { kind: 'fstab', place: change.data } }))
}

function entriesOf({ content = '' }: Look): readonly FstabEntry[] {
  return content.split('\n').flatMap((line) => entryOf(line) ?? [])
}

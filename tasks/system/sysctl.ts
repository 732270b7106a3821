import { editable } from '../../lib/posix/edit.ts'
import { type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { applyPlace, type PlaceData, placeChanges, wantedText } from '../../lib/posix/place.ts'
import { dropSetting, putSetting, tidy } from '../../lib/posix/sysctl-file.ts'
import { type Change, type Finding, join, problem, s, sh, task, update } from '../../lib/task.ts'

interface State {
  readonly file: Look
  /** The value now; undefined when the kernel has no such parameter. */
  readonly live: string | undefined
}

type Data = { readonly do: 'file'; readonly place: PlaceData } | { readonly do: 'set'; readonly value: string }

export default task({
  summary: 'A parameter of the kernel has this value, now and after a restart.',
  args: s.args({
    name: s.string('Name of the parameter.', { aliases: ['key'] }),
    value: s.string('Its value.', { aliases: ['val'] }).optional(),
    state: s.choice(['present', 'absent'], 'Shall the file set it?').default('present'),
    sysctl_file: s.string('File that sets it at the start.').default('/etc/sysctl.conf'),
    sysctl_set: s.boolean('Also set it now when it has another value, whatever the file says.').default(false),
    reload: s.boolean('Read the file when it was changed.').default(true),
    ignoreerrors: s.boolean('Go on when the kernel has no such parameter.').default(false),
  }),
  examples: [
    'sysctl: { name: vm.max_map_count, value: "262144", sysctl_file: /etc/sysctl.d/60-rocketchat.conf, sysctl_set: true }',
    'sysctl: { name: vm.swappiness, state: absent }',
  ],

  validate: ({ name, value, state }): readonly Finding[] => {
    if (!/^[\w./*-]+$/.test(name))
      return [{ path: ['name'], diagnostic: problem('wrong-argument', `"${name}" cannot be the name of a parameter`) }]
    if (state === 'present' && (value ?? '').trim() === '')
      return [{ path: ['value'], diagnostic: problem('wrong-argument', 'state: present needs a value') }]
    return []
  },
  probe: ({ name, sysctl_file }) => ({
    ask: [
      {
        on: 'shell',
        script: lookScript(sysctl_file, { resolve: true, sums: { sha1: false }, content: { limit: 1_000_000 } }),
      },
      { on: 'shell', script: sh`cat ${`/proc/sys/${keyPath(name)}`} 2>/dev/null` },
    ],
    read: ([file, live]): State => ({ file: readLook(file), live: live?.ok ? live.text : undefined }),
  }),
  diff: ({ name, value = '', state, sysctl_set }, { file, live }): readonly Change<Data>[] => {
    const dotted = name.replaceAll('/', '.')
    const text = editable(file) ?? ''
    const after = state === 'absent' ? dropSetting(text, dotted) : putSetting(text, dotted, value)
    if (state === 'absent' && file.entry === undefined) return []
    const changes = placeChanges(file, wantedText(after), { follow: true }).map(
      (change): Change<Data> => ({ ...change, data: { do: 'file', place: change.data } }),
    )
    if (state === 'absent' || !sysctl_set || (live !== undefined && tidy(live) === tidy(value))) return changes
    return [
      ...changes,
      update(`kernel parameter ${dotted}`, live === undefined ? 'unknown' : tidy(live), value, { do: 'set', value }),
    ]
  },
  apply: async (change, io, { name, sysctl_file, reload, ignoreerrors }) => {
    const { data } = change
    const flags = ignoreerrors ? ['-e'] : []
    if (data.do === 'set') {
      await io.sh(sh`sysctl ${flags} -w ${`${name}=${data.value}`}`)
      return undefined
    }
    await applyPlace({ ...change, data: data.place }, io)
    if (reload) await io.sh(join([sh`sysctl ${flags} -p ${sysctl_file}`]))
    return undefined
  },
})

/** Dots are slashes; a slash within a name (of a network device, say) stands for a dot. */
function keyPath(name: string): string {
  if (name.includes('/')) return name
  return name.replaceAll('.', '/')
}

import { run, s, sh, task } from '../../lib/task.ts'

export default task({
  summary: 'A new temporary file or folder is there.',
  args: s.args({
    state: s.choice(['file', 'directory'], 'What to make.').default('file'),
    path: s.string('Folder to make it in; the usual one of the host when not given.').optional(),
    prefix: s.string('Beginning of its name.').default('ansible.'),
    suffix: s.string('End of its name.').default(''),
  }),
  examples: ['tempfile: { state: directory, suffix: build }'],
  returns: { path: 'Path of what was made.' },
  skipInCheckMode: true,

  probe: () => ({ ask: [], read: () => undefined }),
  diff: ({ state }) => [run(`temporary ${state}`, undefined)],
  apply: async (_change, io, { state, path, prefix, suffix }) => {
    const flags = state === 'directory' ? ['-d'] : []
    const folder = path === undefined ? sh`"\${TMPDIR:-/tmp}"` : sh`${path}`
    // Not every mktemp takes a suffix: the name is made without one, and the thing is moved to it.
    const name = sh`t=$(mktemp ${flags} ${folder}/${`${prefix}XXXXXXXX`})`
    const { stdout } = await io.sh(
      suffix === ''
        ? sh`${name} && printf %s "$t"`
        : sh`${name} && mv -- "$t" "$t"${suffix} && printf %s "$t"${suffix}`,
    )
    return { values: { path: stdout.toString(), state, ...(state === 'file' && { size: 0 }) } }
  },
})

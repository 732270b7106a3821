import { attributeArgs } from '../../lib/posix/arguments.ts'
import { attributesScript, chmodWord } from '../../lib/posix/attributes.ts'
import { type Data, fileChanges, type State, timesIn } from '../../lib/posix/file-states.ts'
import { describeEntry, lookScript, readEntry, readLook, statFormat } from '../../lib/posix/look.ts'
import { parseTime, readTimes, timesScript } from '../../lib/posix/times.ts'
import { type Finding, join, problem, raw, type Script, s, sh, task } from '../../lib/task.ts'

const timeForms = 'now, preserve, or a time as YYYYMMDDhhmm.ss'
const format = '%Y%m%d%H%M.%S'

export default task({
  summary: 'A path is a file, folder or link with these attributes, or is absent.',
  args: s.args({
    path: s.string('Path on the host.', { aliases: ['dest', 'name'] }),
    state: s
      .choice(
        ['absent', 'directory', 'file', 'hard', 'link', 'touch'],
        'What the path shall be; "file" makes none, "touch" does.',
      )
      .optional(),
    src: s.string('What a link points at; relative to the folder of the link.').optional(),
    ...attributeArgs(),
    recurse: s.boolean('Give the attributes to everything in the folder.').default(false),
    force: s.boolean('Make a link to nothing, or in the place of a file or an empty folder.').default(false),
    follow: s.boolean('Work on what a symbolic link points at.').default(true),
    modification_time: s.string(`Time of the last change: ${timeForms}.`).optional(),
    modification_time_format: s.string('Form in which modification_time is written.').default(format),
    access_time: s.string(`Time of the last access: ${timeForms}.`).optional(),
    access_time_format: s.string('Form in which access_time is written.').default(format),
  }),
  examples: [
    `file: { path: /opt/rocketchat, state: directory, mode: "0750", owner: root, group: root }`,
    `file: { path: /var/lib/example, state: directory, owner: "1001", group: "1001", recurse: true }`,
    `file: { path: /usr/local/bin/chat, src: /opt/rocketchat/chat, state: link }`,
    `file: { path: /etc/nginx/sites-enabled/default, state: absent }`,
    `file: { path: /var/log/example.log, state: touch, mode: "u=rw,g=r,o=", modification_time: preserve, access_time: preserve }`,
  ],
  returns: {
    path: 'The path.',
    dest: 'The path, for links and touch.',
    state: 'What is at the path: file, directory, link, hard, absent.',
    mode: 'Permissions as octal text.',
    owner: 'Name of the owner.',
    group: 'Name of the group.',
    uid: 'Number of the owner.',
    gid: 'Number of the group.',
    size: 'Length in bytes.',
    src: 'What a link points at.',
  },

  validate: ({ state, src, recurse, ...times }): readonly Finding[] => {
    const found: Finding[] = []
    const add = (name: string, message: string, mend: string) =>
      found.push({ path: [name], diagnostic: problem('wrong-argument', message, { mend }) })
    if (state === 'hard' && src === undefined)
      add('state', 'a hard link needs src', 'say in src which file the link is another name of')
    if (src !== undefined && state !== undefined && state !== 'link' && state !== 'hard')
      add('src', `src means nothing for state: ${state}`, 'use state: link, or the copy task')
    if (recurse && state !== undefined && state !== 'directory')
      add('recurse', 'recurse needs state: directory', 'remove recurse, or write state: directory')
    for (const name of ['modification_time', 'access_time'] as const) {
      const [time, form] = [times[name], times[`${name}_format`]]
      if (time === undefined || time === 'now' || time === 'preserve' || parseTime(time, form)) continue
      const mend = form === format ? `write ${timeForms}` : `write it as ${form} says (%Y %y %m %d %H %M %S are known)`
      add(name, `${time} is no time`, mend)
    }
    return found
  },
  probe: (args) => {
    const { path, src, state, follow, recurse } = args
    const link =
      state === 'link' || state === 'hard' || state === 'absent' || (state === undefined && src !== undefined)
    const lines: Script[] = [lookScript(path, { resolve: follow && !link }), timesScript(timesIn(args))]
    if (src !== undefined) {
      lines.push(src.startsWith('/') ? sh`t=${src}` : sh`t="\${p%/*}"/${src}; case "$p" in */*) ;; *) t=${src};; esac`)
      lines.push(raw('if [ -e "$t" ]; then stat -L -c "%i %d" -- "$t"; else echo -; fi'))
    }
    if (state === 'link' || state === 'hard')
      lines.push(raw('if [ -d "$p" ] && [ ! -h "$p" ] && [ -n "$(ls -A -- "$p")" ]; then echo full; fi'))
    if (recurse)
      lines.push(
        sh`if [ -d "$p" ]; then find "$p" -exec stat -c ${statFormat.replace(/ %s.*/, ' 0 0 0 0 0 0 0')} -- {} + | sort -u; fi`,
      )
    return {
      ask: [{ on: 'shell', script: join([...lines, raw(':')]) }],
      read: ([answer]): State => {
        const [modification = '', access = '', ...rest] = (answer?.text ?? '').split('\n').slice(5)
        const source = src === undefined ? undefined : /^(\d+) (\d+)$/.exec(rest.shift() ?? '')
        return {
          look: readLook(answer),
          source: source ? { inode: Number(source[1]), device: Number(source[2]) } : undefined,
          full: rest[0] === 'full',
          wanted: readTimes([modification, access]),
          below: recurse ? rest.flatMap((line) => readEntry(line) ?? []) : [],
        }
      },
    }
  },
  diff: (args, state) => fileChanges(args, state),
  apply: async ({ data }, io) => {
    await io.sh(scriptOf(data))
    return data.kind === 'touch' ? { values: { dest: data.path, path: data.path, state: 'file' } } : undefined
  },
  result: ({ state, src }, { look }) => {
    const { entry, path } = look
    if (entry === undefined) return { values: { path, dest: path, state: 'absent' } }
    const what = state === 'hard' ? { state: 'hard' } : {}
    return {
      values: {
        path,
        dest: path,
        ...describeEntry(entry),
        ...what,
        ...((look.target ?? src) !== undefined && { src: look.target ?? src ?? '' }),
      },
    }
  },
})

function scriptOf(data: Data): Script {
  const { path } = data
  switch (data.kind) {
    case 'remove':
      return sh`rm -rf -- ${path}`
    case 'attributes':
      return attributesScript(path, data.attributes, data.link)
    case 'recurse': {
      const { owner, group, mode } = data.attributes
      const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
      return and([
        account === '' ? undefined : sh`chown -hR ${account} ${path}`,
        mode === undefined ? undefined : sh`chmod -R ${chmodWord(mode)} ${path}`,
      ])
    }
    case 'folder': {
      // Each folder that has to be made gets the attributes, also those on the way.
      const each = and([raw('mkdir -- "$d"'), attributesScript(raw('"$d"'), data.attributes)])
      return join([
        sh`d=${path}; set --`,
        raw(
          `while [ ! -d "$d" ]; do set -- "$d" "$@"; case $d in /*/*|[!/]*/*) d=\${d%/*};; /*) d=/;; *) d=.;; esac; done`,
        ),
        sh`for d do ${each} || exit 1; done`,
      ])
    }
    case 'link':
      return and([
        data.emptyFolder ? sh`rmdir -- ${path}` : undefined,
        data.hard ? sh`ln -f -- ${data.source} ${path}` : sh`ln -sfn -- ${data.source} ${path}`,
        attributesScript(path, data.attributes, !data.hard),
      ])
    case 'touch':
      return and([
        sh`[ -e ${path} ] || : >>${path}`,
        ...data.times.map((flags) => sh`touch ${flags} -- ${path}`),
        attributesScript(path, data.attributes),
      ])
    default:
      return data satisfies never
  }
}

/** The steps one after the other as long as they succeed. */
function and(steps: readonly (Script | undefined)[]): Script {
  return join(steps.filter((step) => step !== undefined && step.pieces.length > 0) as Script[], ' && ')
}

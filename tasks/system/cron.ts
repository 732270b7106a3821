import { jobLine, namesIn, putJob, putVariable } from '../../lib/posix/cron-table.ts'
import { editable } from '../../lib/posix/edit.ts'
import { type Look, lookScript, readLook } from '../../lib/posix/look.ts'
import { applyPlace, type PlaceData, placeChanges, wantedText } from '../../lib/posix/place.ts'
import {
  type Change,
  create,
  type Finding,
  type Io,
  problem,
  remove,
  type Script,
  s,
  sh,
  TaskError,
  task,
  update,
} from '../../lib/task.ts'

type State =
  | { readonly of: 'account'; readonly text: string; readonly cron: boolean }
  | { readonly of: 'file'; readonly look: Look }

type Data =
  | { readonly do: 'crontab'; readonly text: string }
  | { readonly do: 'file'; readonly place: PlaceData }
  | { readonly do: 'remove'; readonly path: string }

export default task({
  summary: 'A job of cron, or a variable for its jobs, is there or not.',
  args: s.args({
    name: s.string('Name of the job, which marks it in the table; or of the variable, with env.'),
    job: s.string('Command to run; or value of the variable.', { aliases: ['value'] }).optional(),
    state: s.choice(['present', 'absent'], 'Shall it be there?').default('present'),
    minute: s.string('Minutes: 0-59, *, */5 …').default('*'),
    hour: s.string('Hours: 0-23, *, */2 …').default('*'),
    day: s.string('Days of the month: 1-31.', { aliases: ['dom'] }).default('*'),
    month: s.string('Months: 1-12.').default('*'),
    weekday: s.string('Days of the week: 0-6, Sunday being 0.', { aliases: ['dow'] }).default('*'),
    special_time: s
      .choice(['annually', 'daily', 'hourly', 'monthly', 'reboot', 'weekly', 'yearly'], 'A time with a name, instead.')
      .optional(),
    user: s.string('Account whose table it is in, or that runs it with cron_file.').optional(),
    cron_file: s.string('File in /etc/cron.d, or a path, instead of the table of an account.').optional(),
    disabled: s.boolean('Keep the job as a comment.').default(false),
    env: s.boolean('Set a variable instead of a job.').default(false),
    insertafter: s.string('Put a new variable behind this one.').optional(),
    insertbefore: s.string('Put a new variable in front of this one.').optional(),
    backup: s.boolean('Keep the old table in a file of its own.').default(false),
  }),
  examples: [
    `cron:
  name: back up Rocket.Chat
  cron_file: rocketchat-backup
  user: root
  minute: "17"
  hour: "3"
  job: /usr/local/bin/rocketchat-backup`,
    'cron: { name: PATH, env: true, job: /usr/local/bin:/usr/bin:/bin }',
    'cron: { name: old job, state: absent }',
  ],

  returns: {
    jobs: 'Names of the jobs in the table.',
    envs: 'Names of its variables.',
    backup_file: 'Path of the backup, when one was made.',
  },

  validate: ({
    env,
    insertafter,
    insertbefore,
    job,
    state,
    cron_file,
    user,
    special_time,
    minute,
    hour,
    day,
    month,
    weekday,
  }): readonly Finding[] => {
    const found: Finding[] = []
    const add = (path: string, message: string, mend: string) =>
      found.push({ path: [path], diagnostic: problem('wrong-argument', message, { mend }) })
    if (state === 'present' && job === undefined) add('state', 'state: present needs the job', 'say in job what to run')
    if (!env && (insertafter !== undefined || insertbefore !== undefined))
      add(
        insertafter === undefined ? 'insertbefore' : 'insertafter',
        'this is for variables',
        'add env: true, or remove it',
      )
    if (insertafter !== undefined && insertbefore !== undefined)
      add('insertbefore', 'cron takes insertafter or insertbefore, not both', 'remove one of them')
    if (job !== undefined && /[\r\n]/.test(job))
      add('job', 'a job must be one line', 'put the lines in a script, and run that')
    if (cron_file !== undefined && user === undefined)
      add('cron_file', 'cron_file needs user', 'say in user which account runs the job')
    if (cron_file === '/etc/crontab')
      add('cron_file', '/etc/crontab belongs to the system', 'name a file in /etc/cron.d')
    else if (cron_file !== undefined && !/^(\/.*\/)?[A-Za-z0-9_-]+$/.test(cron_file))
      add('cron_file', 'cron passes over files with such a name', 'use letters, digits, "_" and "-" only')
    if (special_time !== undefined && [minute, hour, day, month, weekday].some((one) => one !== '*'))
      add(
        'special_time',
        'special_time takes the place of minute, hour, day, month and weekday',
        'give one or the other',
      )
    return found
  },
  probe: ({ cron_file, user }) => {
    if (cron_file !== undefined) {
      const script = lookScript(pathOf(cron_file), {
        resolve: true,
        sums: { sha1: false },
        content: { limit: 1_000_000 },
      })
      return { ask: [{ on: 'shell', script }], read: ([answer]): State => ({ of: 'file', look: readLook(answer) }) }
    }
    const account = user === undefined ? [] : ['-u', user]
    const script = sh`if command -v crontab >/dev/null 2>&1; then echo cron; crontab ${account} -l 2>/dev/null; fi; :`
    return {
      ask: [{ on: 'shell', script }],
      read: ([answer]): State => ({
        of: 'account',
        cron: answer?.text.startsWith('cron\n') ?? false,
        text: (answer?.text ?? '').slice('cron\n'.length),
      }),
    }
  },
  diff: (args, state): readonly Change<Data>[] => {
    const { name, job = '', env, user, cron_file, disabled } = args
    const there = args.state === 'present'
    const edit = (text: string) =>
      env
        ? variableIn(text, name, there ? job : undefined, args)
        : putJob(
            text,
            name,
            there ? jobLine(args, job, cron_file === undefined ? undefined : user, disabled) : undefined,
          )
    if (state.of === 'account') {
      if (!state.cron) {
        if (!there) return []
        throw new TaskError(
          problem('no-cron', 'the host has no cron', { mend: 'install it in a task before: apt: { name: cron }' }),
        )
      }
      const after = edit(state.text)
      return after === state.text
        ? []
        : [
            update(`crontab${user === undefined ? '' : ` of ${user}`}`, state.text, after, {
              do: 'crontab',
              text: after,
            }),
          ]
    }
    const { look } = state
    const text = editable(look) ?? ''
    const after = edit(text)
    if (!there && after === '') return look.entry ? [remove(look.path, text, { do: 'remove', path: look.path })] : []
    if (look.entry === undefined) return [create(look.path, after, { do: 'file', place: firstWrite(look, after) })]
    return placeChanges(look, wantedText(after), { follow: true, backup: args.backup }).map(
      (change): Change<Data> => ({ ...change, data: { do: 'file', place: change.data } }),
    )
  },
  apply: async (change, io, { user, backup }) => {
    const { data } = change
    if (data.do === 'file') return applyPlace({ ...change, data: data.place }, io)
    const account = user === undefined ? [] : ['-u', user]
    const kept = backup
      ? await keep(data.do === 'remove' ? sh`cat -- ${data.path}` : sh`crontab ${account} -l`, io)
      : {}
    if (data.do === 'remove') await io.sh(sh`rm -f -- ${data.path}`)
    else await io.sh(sh`printf %s ${data.text} | crontab ${account} -`)
    return { values: kept }
  },
  result: (_args, state) => ({
    values: { ...namesIn(state.of === 'account' ? state.text : (state.look.content ?? '')) },
  }),
})

/** Copies what a script prints to a file in the usual place for such. */
async function keep(script: Script, io: Io): Promise<{ readonly backup_file: string }> {
  const { stdout } = await io.sh(
    sh`b=$(mktemp "\${TMPDIR:-/tmp}"/crontabXXXXXXXX) && { ${script} >"$b" || :; } && printf %s "$b"`,
  )
  return { backup_file: stdout.toString() }
}

function variableIn(
  text: string,
  name: string,
  value: string | undefined,
  {
    insertafter,
    insertbefore,
  }: { readonly insertafter?: string | undefined; readonly insertbefore?: string | undefined },
): string {
  try {
    return putVariable(text, name, value, { after: insertafter, before: insertbefore })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new TaskError(
      problem('no-such-variable', `the table of cron has no variable ${insertafter ?? insertbefore}`, {
        mend: 'set it in a task before',
      }),
    )
  }
}

function pathOf(file: string): string {
  return file.startsWith('/') ? file : `/etc/cron.d/${file}`
}

/** Cron only reads files that nobody but their owner may write. */
function firstWrite(look: Look, text: string): PlaceData {
  const [change] = placeChanges(look, wantedText(text), { mode: '0644' })
  return change?.data ?? { kind: 'included' }
}

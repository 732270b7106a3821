import { checkPatterns } from '../../lib/posix/patterns.ts'
import { connectionStates, lookOnce, readWait, type Seen, type WaitWish, waitScript } from '../../lib/posix/wait.ts'
import { type Finding, problem, run, s, TaskError, task, type Value } from '../../lib/task.ts'

export default task({
  summary: 'A port answers, a file is there, or either is gone.',
  args: s.args({
    port: s.int('Port to wait for, as seen from the host.').optional(),
    host: s.string('Address of the port.').default('127.0.0.1'),
    path: s.string('File to wait for.').optional(),
    search_regex: s.string('Regular expression that the file, or what the port says first, must match.').optional(),
    state: s
      .choice(
        ['started', 'stopped', 'present', 'absent', 'drained'],
        'started and present: it is there; stopped and absent: it is gone; drained: no connections any more.',
      )
      .default('started'),
    timeout: s.int('Seconds until it is given up.').default(300),
    delay: s.int('Seconds to wait before looking at all.').default(0),
    sleep: s.int('Seconds between looks.').default(1),
    connect_timeout: s.int('Seconds that one try to connect may take.').default(5),
    active_connection_states: s
      .words('Connections that count for drained.')
      .default(['ESTABLISHED', 'FIN_WAIT1', 'FIN_WAIT2', 'SYN_RECV', 'SYN_SENT', 'TIME_WAIT']),
    exclude_hosts: s.words('Addresses or names whose connections do not count for drained.').optional(),
    msg: s.string('What to say when it is given up.').optional(),
  }),
  examples: [
    'wait_for: { port: 3000, timeout: 600 }',
    'wait_for: { port: 22, host: 192.0.2.10, search_regex: OpenSSH, delay: 10 }',
    'wait_for: { path: /run/example.pid, state: absent }',
    'wait_for: { timeout: 30 }',
  ],
  returns: {
    state: 'The state that was waited for; for a path what is there: file, directory, link.',
    match_groups: 'Groups of the expression.',
    match_groupdict: 'Named groups of the expression.',
    elapsed: 'Seconds that it took.',
  },
  skipInCheckMode: true,

  validate: (args): readonly Finding[] => {
    const { port, path, state, search_regex } = args
    const found: Finding[] = [...checkPatterns(args, ['search_regex'])]
    const add = (name: string, message: string) =>
      found.push({ path: [name], diagnostic: problem('wrong-argument', message) })
    if (port !== undefined && path !== undefined) add('path', 'port and path exclude each other')
    if (path !== undefined && (state === 'stopped' || state === 'drained'))
      add('state', `state: ${state} is for ports; a file is absent`)
    if (args.exclude_hosts !== undefined && state !== 'drained')
      add('exclude_hosts', 'exclude_hosts is for state: drained')
    const unknown = args.active_connection_states.find((one) => !connectionStates.includes(one))
    if (unknown !== undefined) add('active_connection_states', `there is no state ${unknown} of connections`)
    if (state === 'drained' && port === undefined && path === undefined) add('state', 'state: drained needs a port')
    if (search_regex !== undefined && (state === 'stopped' || state === 'drained'))
      add('search_regex', `search_regex means nothing for state: ${state}`)
    return found
  },
  probe: (args) => ({
    ask: nothingToSee(args) || args.delay > 0 ? [] : [{ on: 'shell', script: waitScript(args) }],
    read: ([answer]): Seen | undefined => (answer ? readWait(args, answer) : undefined),
  }),
  diff: (args, seen) => (seen?.done ? [] : [run(targetOf(args), undefined)]),
  apply: async (_change, io, args) => {
    const started = io.now()
    const elapsed = () => Math.floor((io.now() - started) / 1000)
    if (nothingToSee(args)) {
      await io.pause((args.delay + args.timeout) * 1000)
      return { changed: false, values: valuesOf(args, undefined, elapsed()) }
    }
    await io.pause(args.delay * 1000)
    let last = 'nothing yet'
    const look = async (seen: (state: string) => void) => {
      const found = await lookOnce(args, io)
      last = found.state
      seen(last)
      return found.done ? found : undefined
    }
    try {
      const found = await io.until(targetOf(args).replace(/^wait until /, ''), look, {
        timeout: args.timeout * 1000,
        every: args.sleep * 1000,
      })
      return { changed: false, values: valuesOf(args, found, elapsed()) }
    } catch (error) {
      if (!(error instanceof TaskError) || error.code !== 'deadline-passed') throw error
      throw new TaskError(
        problem('deadline-passed', args.msg ?? `gave up after ${args.timeout} s: ${targetOf(args)}`, {
          detail: `last seen: ${last}`,
          mend: 'look why it is not so yet; if it only needs longer, raise timeout',
        }),
        { cause: error, values: { elapsed: elapsed(), msg: args.msg ?? timeoutMessage(args) } },
      )
    }
  },
  result: (args, seen) => ({ values: valuesOf(args, seen) }),
})

type Args = WaitWish & { readonly timeout: number }

function nothingToSee({ port, path }: WaitWish): boolean {
  return port === undefined && path === undefined
}

function targetOf({ host, port, path, search_regex, state, timeout }: Args): string {
  if (port === undefined && path === undefined) return `wait ${timeout} s`
  const what = path ?? `${host}:${port}`
  if (search_regex !== undefined && state !== 'absent') return `wait until ${what} matches ${search_regex}`
  if (state === 'drained') return `wait until ${what} has no connections`
  const there = state === 'present' || state === 'started'
  return `wait until ${what} is ${path === undefined ? (there ? 'answering' : 'closed') : there ? 'there' : 'gone'}`
}

/** Ansible's words for a wait in vain. */
function timeoutMessage({ host, port, path, search_regex, state }: Args): string {
  const what = path ?? `${host}:${port}`
  if (state === 'drained') return `Timeout when waiting for ${what} to drain`
  if (state === 'absent' || state === 'stopped')
    return `Timeout when waiting for ${what} to ${path === undefined ? 'stop' : 'be absent'}.`
  if (search_regex !== undefined) return `Timeout when waiting for search string ${search_regex} in ${what}`
  return `Timeout when waiting for ${path === undefined ? what : `file ${path}`}`
}

function valuesOf(args: WaitWish, seen: Seen | undefined, elapsed = 0): { readonly [key: string]: Value } {
  const { port, path, search_regex, state } = args
  return {
    state,
    ...seen?.values,
    elapsed,
    port: port ?? null,
    path: path ?? null,
    search_regex: search_regex ?? null,
    match_groups: seen?.match?.slice(1) ?? [],
    match_groupdict: { ...seen?.match?.groups },
  }
}

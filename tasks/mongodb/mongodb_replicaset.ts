import { command, type Login, parameters, question, readReply } from '../../lib/mongodb/mongosh.ts'
import { type Change, create, type Io, problem, run, s, TaskError, task, update } from '../../lib/task.ts'

interface State {
  readonly phase: 'starting' | 'not-initiated' | 'waiting' | 'primary'
  readonly set: string | undefined
  readonly member: string | undefined
  readonly said: string
  /** There is no account at all: the first start was cut off before the image had made that of `login_user`. */
  readonly empty: boolean
}

interface Data {
  readonly kind: 'initiate' | 'rename' | 'wait' | 'account'
}

interface Seen {
  readonly primary: boolean
  readonly set: string | null
  readonly me: string | null
  readonly hosts: readonly string[]
  readonly code: number
  readonly codeName: string
  readonly message: string
}

// `hello` needs no login; replSetGetStatus answers code 94 before initiation, also under the localhost exception. A server that
// is not in the configuration it has (another set's data, another name of the host) answers 93 and names neither in `hello`.
const look = `
const h = db.hello();
let code = 0, codeName = '', message = '', set = h.setName || null, hosts = h.hosts || [];
try { rs.status(); } catch (e) { code = Number(e.code || -1); codeName = String(e.codeName || ''); message = String(e.message); }
if (code === 93) {
  const c = rs.conf();
  set = c._id;
  hosts = c.members.map((m) => m.host);
}
return { primary: h.isWritablePrimary === true, set, me: h.me || null, hosts, code, codeName, message };`

const initiate = `return rs.initiate({ _id: p.set, members: [{ _id: 0, host: p.member }] });`

const rename = `
const c = rs.conf();
c.members[0].host = p.member;
c.version = c.version + 1;
return rs.reconfig(c, { force: true });`

const account = `
admin.createUser({ user: p.user, pwd: p.password, roles: [{ role: 'root', db: 'admin' }] });
return true;`

export default task({
  summary: 'A replica set of one member is initiated under its name, and its member is the writable primary.',
  args: s.args({
    container: s.string('Name of the container that runs mongod.'),
    replica_set: s.string('Name of the replica set; default rs0.').default('rs0'),
    member: s.string('Host and port under which the clients find the member, e.g. mongodb:27017.'),
    port: s.int('Port inside the container; default 27017.', { min: 1, max: 65_535 }).default(27_017),
    login_user: s
      .string('Account to sign in with; without one the localhost exception of a fresh server is used.')
      .optional(),
    login_password: s.text('Its password.').optional(),
    timeout: s.int('Seconds to wait for the primary; default 120.', { min: 1 }).default(120),
  }),
  examples: [
    'mongodb_replicaset: { container: mongodb, member: "mongodb:27017", login_user: root, login_password: "{{ secrets.mongodb_root_password }}" }',
  ],
  returns: { primary: 'true when the member is the writable primary' },

  probe: (args) => ({
    ask: [question(loginOf(args), look)],
    read: ([answer]) => {
      const reply = readReply<Seen>(answer ?? { text: '', errors: '', code: -1 }, loginOf(args))
      return stateOf(
        reply.ok ? reply.value : undefined,
        reply.ok ? '' : reply.message,
        reply.ok ? 0 : reply.code,
        args.container,
        reply.ok && reply.empty === true,
      )
    },
  }),

  diff: (args, state): readonly Change<Data>[] => {
    const { replica_set, member } = args
    if (state.set !== undefined && state.set !== replica_set) throw foreign(args.container, replica_set, state.set)
    switch (state.phase) {
      case 'starting':
        // It may turn out to be initiated long since: only then is it known whether anything changes.
        return [run(`replica set ${replica_set}, once MongoDB listens`, { kind: 'initiate' })]
      case 'not-initiated':
        return [create(`replica set ${replica_set}`, member, { kind: 'initiate' })]
      case 'waiting':
      case 'primary': {
        if (state.member !== undefined && state.member !== member) {
          return [update(`member of replica set ${replica_set}`, state.member, member, { kind: 'rename' })]
        }
        if (state.empty) return [create(`account ${args.login_user}`, 'root', { kind: 'account' })]
        return state.phase === 'primary' ? [] : [run(`wait for the primary of ${replica_set}`, { kind: 'wait' })]
      }
      default:
        return state.phase satisfies never
    }
  },

  apply: async (change, io, args) => {
    const { data } = change
    let changed = data.kind === 'rename'
    if (data.kind === 'initiate') {
      const state = await listening(io, args)
      if (state.set !== undefined && state.set !== args.replica_set)
        throw foreign(args.container, args.replica_set, state.set)
      if (state.phase === 'not-initiated') {
        await tell(io, args, initiate, [23])
        changed = true
      }
    }
    if (data.kind === 'rename') await tell(io, args, rename, [])
    const primary = await io.until(
      `the primary of ${args.replica_set}`,
      async (seen) => {
        const state = await see(io, args)
        seen(state.said)
        return state.phase === 'primary' ? state : undefined
      },
      { timeout: args.timeout * 1000, every: 500 },
    )
    if (primary.empty) {
      // Code 51003: somebody else was faster.
      await tell(io, args, account, [51_003])
      changed = true
    }
    return { changed, values: { primary: true } }
  },

  result: (_args, state) => ({ values: { primary: state.phase === 'primary' } }),
})

interface Args {
  readonly container: string
  readonly port: number
  readonly replica_set: string
  readonly member: string
  readonly login_user?: string | undefined
  readonly login_password?: import('../../lib/task.ts').Text | undefined
  readonly timeout: number
}

function loginOf(args: Args): Login {
  return { container: args.container, port: args.port, user: args.login_user, password: args.login_password }
}

/** Code 94 is NotYetInitialized; -2 means that mongod does not listen yet. */
function stateOf(seen: Seen | undefined, message: string, code: number, container: string, empty: boolean): State {
  if (seen === undefined) {
    if (code === -2) return { phase: 'starting', set: undefined, member: undefined, said: message, empty }
    throw new TaskError(
      problem(
        code === 18 ? 'mongodb-login-refused' : 'mongodb-refused',
        `MongoDB in the container ${container} refused: ${message}`,
        {
          mend:
            code === 18
              ? 'the volume was made with other passwords than those kept beside the inventory; put the right ones back'
              : undefined,
        },
      ),
    )
  }
  const said = seen.primary ? 'primary' : `${seen.codeName || 'no primary yet'} ${seen.message}`.trim()
  if (seen.code === 94) return { phase: 'not-initiated', set: undefined, member: undefined, said, empty }
  const member = seen.me ?? seen.hosts[0]
  return {
    phase: seen.primary ? 'primary' : 'waiting',
    set: seen.set ?? undefined,
    member: member ?? undefined,
    said,
    empty,
  }
}

async function see(io: Io, args: Args): Promise<State> {
  const login = loginOf(args)
  const output = await io.docker.exec(args.container, command(login, look), {
    stdin: parameters(login),
    timeout: 30_000,
  })
  const reply = readReply<Seen>(
    { code: output.code, text: output.stdout.toString(), errors: output.stderr.toString() },
    login,
  )
  return stateOf(
    reply.ok ? reply.value : undefined,
    reply.ok ? '' : reply.message,
    reply.ok ? 0 : reply.code,
    args.container,
    reply.ok && reply.empty === true,
  )
}

function listening(io: Io, args: Args): Promise<State> {
  return io.until(
    `MongoDB in the container ${args.container} to listen`,
    async (seen) => {
      const state = await see(io, args)
      seen(state.said)
      return state.phase === 'starting' ? undefined : state
    },
    { timeout: args.timeout * 1000, every: 500 },
  )
}

/** Code 23 is AlreadyInitialized: somebody else was faster, which is as good. */
async function tell(io: Io, args: Args, body: string, fine: readonly number[]): Promise<void> {
  const login = loginOf(args)
  const output = await io.docker.exec(args.container, command(login, body), {
    stdin: parameters(login, { set: args.replica_set, member: args.member }),
    timeout: 60_000,
  })
  const reply = readReply<unknown>(
    { code: output.code, text: output.stdout.toString(), errors: output.stderr.toString() },
    login,
  )
  if (!reply.ok && !fine.includes(reply.code)) {
    throw new TaskError(
      problem(
        'replica-set-refused',
        `MongoDB refused to set up ${args.replica_set}: ${reply.message} (code ${reply.code} ${reply.codeName})`,
        {
          mend: `${args.member} must be the name by which the container finds itself on its Docker network`,
        },
      ),
    )
  }
}

function foreign(container: string, wanted: string, found: string): TaskError {
  return new TaskError(
    problem(
      'foreign-replica-set',
      `the data of the container ${container} belong to the replica set ${found}, not ${wanted}`,
      {
        mend: `if these are the right data, say replica_set: ${found}; otherwise give the container the right volume`,
      },
    ),
  )
}

import { command, type Login, parameters, question, readReply } from '../../lib/mongodb/mongosh.ts'
import { create, type Plain, problem, s, TaskError, type Text, task, update } from '../../lib/task.ts'

interface Role {
  readonly role: string
  readonly db: string
}

interface State {
  readonly exists: boolean
  readonly roles: readonly Role[]
  readonly passwordWorks: boolean
}

const look = `
const found = db.getSiblingDB(p.database).getUser(p.name);
return { exists: found !== null, roles: found === null ? [] : found.roles.map((r) => ({ role: r.role, db: r.db })) };`

const tryPassword = 'return true;'

const write = `
const there = db.getSiblingDB(p.database);
const user = { pwd: p.newPassword, roles: p.roles };
if (there.getUser(p.name) === null) there.createUser(Object.assign({ user: p.name }, user)); else there.updateUser(p.name, user);
return true;`

export default task({
  summary: 'A database account exists with this password and exactly these roles.',
  args: s.args({
    container: s.string('Name of the container that runs mongod.'),
    name: s.string('Name of the account.'),
    database: s.string('Database in which the account is defined; default admin.').default('admin'),
    password: s.text('Its password.'),
    roles: s.list(
      s.object({ role: s.string('Name of the role.'), db: s.string('Database it applies to.') }, 'A role.'),
      'All roles of the account.',
    ),
    port: s.int('Port inside the container; default 27017.', { min: 1, max: 65_535 }).default(27_017),
    login_user: s.string('Account to sign in with.'),
    login_password: s.text('Its password.'),
  }),
  examples: [
    `mongodb_user:
  container: mongodb
  name: rocketchat
  password: "{{ secrets.mongodb_rocketchat_password }}"
  roles: [{ role: readWrite, db: rocketchat }, { role: clusterMonitor, db: admin }]
  login_user: root
  login_password: "{{ secrets.mongodb_root_password }}"`,
  ],

  probe: (args) => ({
    ask: [
      question(rootOf(args), look, { name: args.name, database: args.database }),
      question({ ...rootOf(args), user: args.name, password: args.password }, tryPassword),
    ],
    read: ([account, password]): State => {
      const found = readReply<Omit<State, 'passwordWorks'>>(account ?? nothing, rootOf(args))
      if (!found.ok) {
        throw new TaskError(
          problem(
            'mongodb-refused',
            `MongoDB in the container ${args.container} refused: ${found.message} (code ${found.code})`,
            { mend: 'check login_user and login_password' },
          ),
        )
      }
      return { ...found.value, passwordWorks: readReply(password ?? nothing, rootOf(args)).ok }
    },
  }),

  diff: (args, state) => {
    const wanted = args.roles.map(worded).sort()
    const found = state.roles.map(worded).sort()
    const target = `database account ${args.name}`
    if (!state.exists) return [create(target, { roles: wanted }, undefined)]
    if (state.passwordWorks && wanted.join() === found.join()) return []
    const shown = (roles: readonly string[], password: string): Plain => ({ roles, password })
    return [
      update(
        target,
        shown(found, state.passwordWorks ? '(as wanted)' : '(another one)'),
        shown(wanted, '(as wanted)'),
        undefined,
      ),
    ]
  },

  apply: async (_change, io, args) => {
    const login = rootOf(args)
    const output = await io.docker.exec(args.container, command(login, write), {
      stdin: parameters(
        login,
        { name: args.name, database: args.database, roles: args.roles },
        { newPassword: args.password },
      ),
      timeout: 60_000,
    })
    const reply = readReply(
      { code: output.code, text: output.stdout.toString(), errors: output.stderr.toString() },
      login,
    )
    if (!reply.ok)
      throw new TaskError(
        problem(
          'mongodb-refused',
          `MongoDB refused to write the account ${args.name}: ${reply.message} (code ${reply.code})`,
        ),
      )
    return undefined
  },
})

const nothing = { text: '', errors: '', code: -1 }

function rootOf(args: { container: string; port: number; login_user: string; login_password: Text }): Login {
  return { container: args.container, port: args.port, user: args.login_user, password: args.login_password }
}

const worded = ({ role, db }: Role): string => `${role}@${db}`

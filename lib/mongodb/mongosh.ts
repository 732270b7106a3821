import { derive, endingLines } from '../core/text.ts'
import { type Answer, type Joint, problem, type Query, TaskError, type Text } from '../task.ts'

/** How to reach the database from inside its container. */
export interface Login {
  readonly container: string
  readonly port: number
  readonly user?: string | undefined
  readonly password?: Text | undefined
}

/** What a program sent through `mongosh` gives back: JSON of our own making. */
export type Reply<T> =
  | {
      readonly ok: true
      readonly value: T
      /** The database has no account at all, so nobody signed in: what is asked from its own machine is answered all the same. */
      readonly empty?: boolean
    }
  | { readonly ok: false; readonly code: number; readonly codeName: string; readonly message: string }

/**
 * The command line: it holds no secret. The program reads the parameters of each body as JSON from standard input (mongosh
 * gives scripts the `require` of Node), signs in when there is a user, and prints one line of JSON behind a mark for each.
 *
 * On an empty volume the image first runs a server of its own that has no replica set, takes no password for what is asked
 * without one, and refuses every sign-in until it has made its account. Code 76 without signing in tells it apart, and counts
 * as not listening yet.
 *
 * When the first start was cut off before the image had made its account, there is none, and what sets a server up is
 * allowed from its own machine without signing in (the localhost exception): `rs.status()` tells it, code 13 otherwise.
 */
export function command({ port }: Pick<Login, 'port'>, ...bodies: readonly string[]): readonly string[] {
  const program = `
const all = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const say = (which, reply) => print('@@' + which + ' ' + JSON.stringify(reply));
let alone = false, open = false;
try { rs.status(); open = true; } catch (e) { alone = e.code === 76; open = e.code === 94; }
const admin = db.getSiblingDB('admin');${bodies.map(part).join('')}`
  return [
    'mongosh',
    '--quiet',
    '--norc',
    `mongodb://127.0.0.1:${port}/?directConnection=true&serverSelectionTimeoutMS=5000`,
    '--eval',
    program.trim(),
  ]
}

/** Each body signs in for itself, if it has somebody to sign in as: that ends the session of the one before. */
const part = (body: string, which: number): string => `
{
  const p = all[${which}];
  const unknown = () => { try { return admin.getUser(p.user) === null; } catch (e) { return e.code === 13; } };
  const empty = open && Boolean(p.user) && unknown();
  if (alone) say(${which}, { ok: false, code: -2, codeName: 'NoReplicationEnabled', message: 'the database runs without a replica set: it is being set up for the first time, or was started without --replSet' });
  else try {
    if (p.user && !empty) admin.auth(p.user, p.password);
    say(${which}, { ok: true, ...(empty && { empty }), value: (function () { ${body} })() });
  } catch (e) {
    say(${which}, { ok: false, code: e.code === undefined ? -1 : Number(e.code), codeName: String(e.codeName || e.name), message: String(e.message) });
  }
}`

/** The parameters for standard input; a secret when the password is one. */
export function parameters(
  login: Login,
  more: { readonly [key: string]: unknown } = {},
  secrets: { readonly [key: string]: Text } = {},
): Text {
  const names = Object.keys(secrets)
  return derive([login.password ?? '', ...Object.values(secrets)], (password, ...values) =>
    JSON.stringify([
      {
        ...more,
        ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
        ...(login.user !== undefined && { user: login.user, password }),
      },
    ]),
  )
}

/** What to ask the database, as `body` of a program that returns it; `more` are its parameters. */
export function question(login: Login, body: string, more: { readonly [key: string]: unknown } = {}): Query {
  const stdin = parameters(login, more)
  return {
    on: 'exec',
    container: login.container,
    command: command(login, body),
    stdin,
    // Starting mongosh costs a second, its work next to nothing. Who does not sign in would be who did so before.
    ...(login.user !== undefined && { joint: { key: `mongosh ${login.port}`, part: body, join: join(login), apart } }),
  }
}

/** One program for several bodies, each with its own parameters. */
const join =
  (login: Login): Joint['join'] =>
  (parts) => ({
    command: command(login, ...parts.map(({ part }) => part)),
    stdin: derive(
      parts.map(({ stdin }) => stdin ?? '[]'),
      (...lists) => JSON.stringify(lists.flatMap((list) => JSON.parse(list) as unknown[])),
    ),
  })

/** To each body its own line; what is none of ours is a complaint of the shell, which all should hear. */
const apart: Joint['apart'] = (answer, which) => {
  const lines = answer.text.split('\n')
  const own = lines.filter((line) => !line.startsWith('@@') || line.startsWith(`@@${which} `))
  return { ...answer, text: own.join('\n') }
}

/** Reads what our program printed; anything else on the output is the shell's own complaint. */
export function readReply<T>(answer: Pick<Answer, 'text' | 'errors' | 'code'>, login: Login): Reply<T> {
  const line = answer.text.split('\n').find((one) => one.startsWith('@@'))
  if (line !== undefined) return JSON.parse(line.slice(line.indexOf(' '))) as Reply<T>
  const said = `${answer.errors}\n${answer.text}`.split('\n').filter((one) => one.trim() !== '')
  if (said.some((one) => /ECONNREFUSED|Server selection timed out|connection closed/i.test(one))) {
    return { ok: false, code: -2, codeName: 'NotListening', message: 'the database does not answer yet' }
  }
  throw new TaskError(
    problem(
      'mongosh-failed',
      `mongosh in the container ${login.container} ended with exit code ${answer.code}: ${said[0] ?? 'it said nothing'}`,
      {
        detail: endingLines(said, 10),
        mend: `look at the log of the container ${login.container}`,
      },
    ),
  )
}

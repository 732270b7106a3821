import {
  type Answer,
  ConnectError,
  type Diagnostic,
  type Finding,
  NotYetError,
  problem,
  type Query,
  s,
  task,
} from '../../lib/task.ts'
import { trustedBy } from '../../lib/tls/authorities.ts'
import { type Proof, proofOf } from '../../lib/tls/proof.ts'
import {
  type Expected,
  isTrouble,
  type Outside,
  type Page,
  type Socket,
  seenIn,
  type Tls,
  type Trouble,
  type Upload,
} from '../../lib/tls/seen.ts'
import { bare, portOf } from '../../lib/tls/way-rows.ts'

const args = s.args({
  url: s.string('Public address of the chat.'),
  version: s.string('Version of Rocket.Chat that must answer; empty when any will do.').default(''),
  days_left: s.int('Days before the end of the certificate from which it is worth a warning.', { min: 0 }).default(21),
  ca_file: s
    .string('File on this machine with certificates to trust besides the usual; rocketchat_ca_file otherwise.')
    .default(''),
  hsts: s.int('Seconds that Strict-Transport-Security must promise; 0 when it is not wanted.', { min: 0 }).default(0),
  redirect_from: s
    .int('Port of plain http that must lead to https; 0 when there is none.', { min: 0, max: 65_535 })
    .default(80),
  own_port: s
    .int("Rocket.Chat's own port, which must be closed from outside; 0 leaves it out.", { min: 0, max: 65_535 })
    .default(3000),
  upload_size: s
    .int('Bytes of a file that must pass the proxy; 0 leaves it out. Nothing is kept.', { min: 0 })
    .default(104_857_600),
  required: s.boolean('An address that cannot be reached from here is a failure instead of a warning.').default(true),
  from: s
    .choice(['controller', 'host'], 'With whose eyes to look: from this machine, or through the link from the host.')
    .default('controller'),
})
type Args = ReturnType<typeof args.type.parse>

interface State {
  readonly seen: Outside
  /** Nothing exists outside of a rehearsal. */
  readonly rehearsal: boolean
}

export default task({
  summary:
    'The chat works from outside: name, certificate, web socket, version and upload are tried at its public address.',
  args,
  examples: [
    `chat_proof:
  url: "{{ rocketchat_url }}"
  version: "{{ rocketchat_version }}"`,
    'chat_proof: { url: "https://chat.example.org", hsts: 31536000, upload_size: 0, required: false }',
  ],
  returns: {
    proof: 'The table, as text.',
    proven: 'Was everything looked at and nothing wrong?',
  },

  validate: ({ url }): readonly Finding[] =>
    URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
      ? []
      : [
          {
            path: ['url'],
            diagnostic: problem('bad-address', `"${url}" is no address that a browser can open`, {
              mend: 'write it as https://chat.example.org',
            }),
          },
        ],

  probe: (given, context) => {
    const machine = context.variable('ansible_host') ?? context.host
    return {
      ask: questions(given, context.variable('rocketchat_ca_file'), String(machine)).flatMap(({ ask }) => ask ?? []),
      evenWithout: true,
      // It may send a hundred megabytes, and what is proven is how things are in the end.
      inTurn: true,
      read: (answers) => {
        const by = new Map<string, Answer | undefined>()
        let index = 0
        for (const { name, ask } of questions(given, context.variable('rocketchat_ca_file'), String(machine)))
          by.set(name, ask === undefined ? undefined : answers[index++])
        return stateOf(by)
      },
    }
  },

  diff: (given, state) => {
    if (state.rehearsal) return []
    const { table, findings, reached } = proofOf(expectedOf(given), state.seen)
    const errors = findings.filter((one) => one.severity === 'error')
    if (errors.length === 0 || (reached !== 'open' && !given.required)) return []
    if (reached === 'silent') throw new ConnectError([outOfReach(given, table), ...findings])
    const count = errors.length === 1 ? 'one thing is wrong' : `${errors.length} things are wrong`
    // In a check of an installation that is still to be made, this is not known yet.
    throw new NotYetError(
      [
        problem('not-proven', `the chat does not work as it should from outside: ${count}`, { detail: table }),
        ...findings,
      ],
      { values: { proof: table, proven: false } },
    )
  },

  result: (given, { rehearsal, seen }) => {
    if (rehearsal)
      return {
        values: { proof: '', proven: false },
        message: 'nothing outside of the rehearsal exists: the public address was not looked at',
      }
    const { table, findings, reached }: Proof = proofOf(expectedOf(given), seen)
    return {
      values: { proof: table, proven: reached === 'open' },
      message: table,
      warnings:
        reached === 'open'
          ? findings
          : [
              { ...outOfReach(given, ''), severity: 'warning' },
              ...findings.map((one) => ({ ...one, severity: 'warning' as const })),
            ],
    }
  },
})

interface Question {
  readonly name: string
  /** Undefined when it is not asked. */
  readonly ask: Query | undefined
}

/** Everything that is looked at; a request without credentials each, none of which changes anything. */
function questions(given: Args, caVariable: unknown, machine: string): readonly Question[] {
  const url = new URL(given.url)
  const host = bare(url.hostname)
  const secured = url.protocol === 'https:'
  const ca = given.ca_file === '' ? caVariable : given.ca_file
  const trust = { ...(typeof ca === 'string' && ca !== '' && { ca }) }
  const look = (
    name: string,
    observe: string,
    input: { readonly [key: string]: unknown },
    wanted = true,
  ): Question => ({
    name,
    ask: wanted ? { on: 'controller', observe, input, ...(given.from === 'host' && { from: 'host' }) } : undefined,
  })
  // Who has the wrong certificate is looked at all the same: nothing is sent there that nobody may know.
  const any = { trust: false, rehearse: true }
  const plain = `http://${url.hostname}`
  return [
    look('clock', 'clock', {}),
    look('authorities', 'authorities', trust, secured),
    // Whether the host finds its own name says nothing of those outside.
    look('addresses', 'addresses', { name: host }, given.from === 'controller'),
    look('machine', 'addresses', { name: machine }, given.from === 'controller'),
    look('port', 'port', { host, port: portOf(url) }),
    look('tls', 'tls', { url: url.origin, ...trust }, secured),
    look(
      'redirect',
      'http',
      { url: `${plain}:${given.redirect_from}/`, timeout: 5000, rehearse: true },
      secured && given.redirect_from > 0,
    ),
    look('info', 'http', { url: new URL('/api/info', url).href, ...any }),
    look('socket', 'websocket', { url: new URL('/websocket', url).href, ...any }),
    // A room that nobody can name: strangers are refused before anything is read (rocketchat.md 19.1).
    look(
      'upload',
      'upload',
      { url: new URL('/api/v1/rooms.media/proof', url).href, size: given.upload_size, ...any },
      given.upload_size > 0,
    ),
    look(
      'own',
      'http',
      { url: `${plain}:${given.own_port}/api/info`, timeout: 5000 },
      given.own_port > 0 && given.from === 'controller',
    ),
  ]
}

function stateOf(by: ReadonlyMap<string, Answer | undefined>): State {
  const authorities = by.get('authorities')
  if (authorities && !authorities.ok)
    throw new NotYetError(
      problem('no-such-file', `the certificates of the private authority cannot be read: ${authorities.errors}`, {
        mend: 'name a file in PEM that you may read: ca_file, or rocketchat_ca_file',
      }),
    )
  const port = by.get('port')
  const portTrouble = seenIn<object>(port)
  const seen: Outside = {
    addresses: addressesIn(by.get('addresses')),
    machine: ownAddresses(by.get('machine')),
    port: port?.ok === true ? true : isTrouble(portTrouble) ? portTrouble : undefined,
    tls: seenIn<Tls>(by.get('tls')),
    redirect: seenIn<Page>(by.get('redirect')),
    info: seenIn<Page>(by.get('info')),
    socket: seenIn<Socket>(by.get('socket')),
    upload: seenIn<Upload>(by.get('upload')),
    own: seenIn<Page>(by.get('own')),
    trusted: trustedBy(authorities),
    now: ((by.get('clock')?.json as { seconds?: number } | undefined)?.seconds ?? 0) * 1000,
  }
  return { seen, rehearsal: isTrouble(seen.info) && seen.info.code === 'REHEARSAL' }
}

function addressesIn(answer: Answer | undefined): readonly string[] | Trouble | undefined {
  const found = seenIn<{ readonly addresses: readonly string[] }>(answer)
  return found === undefined || isTrouble(found) ? found : found.addresses
}

function ownAddresses(answer: Answer | undefined): readonly string[] | undefined {
  const found = addressesIn(answer)
  return isTrouble(found) ? undefined : found
}

function expectedOf({ url, version, days_left, hsts, redirect_from, own_port }: Args): Expected {
  return {
    url: new URL(url),
    version: version === '' ? undefined : version,
    days: days_left,
    hsts,
    redirectFrom: redirect_from,
    ownPort: own_port,
  }
}

function outOfReach({ url }: Args, table: string): Diagnostic {
  return problem('out-of-reach', `${url} cannot be reached from this machine`, {
    detail: table,
    mend: 'look from a machine that should reach the chat; on the host itself: from: host',
  })
}

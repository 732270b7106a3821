import {
  type Answer,
  ConnectError,
  type Io,
  join,
  raw,
  type Script,
  sh,
  shortened,
  TaskError,
  type Value,
} from '../task.ts'
import { describeEntry, readEntry, statFormat } from './look.ts'
import { pythonRegex } from './python-regex.ts'
import { expanded } from './words.ts'

export interface WaitWish {
  readonly host: string
  readonly port?: number | undefined
  readonly path?: string | undefined
  readonly search_regex?: string | undefined
  readonly state: 'absent' | 'drained' | 'present' | 'started' | 'stopped'
  readonly active_connection_states: readonly string[]
  readonly exclude_hosts?: readonly string[] | undefined
  readonly connect_timeout: number
}

/** Whether what is waited for is so, in words, and what an expression found. */
export interface Seen {
  readonly done: boolean
  readonly state: string
  readonly match?: RegExpExecArray
  /** What is at the path. */
  readonly values?: { readonly [key: string]: Value }
}

const wantsThere = ({ state }: WaitWish): boolean => state === 'present' || state === 'started'

/** Is the port one of the host itself, so that its own tables tell who listens? */
export function isLocal(host: string): boolean {
  return /^(127\.|localhost$|::1$|0\.0\.0\.0$)/.test(host)
}

/** Asks the host for the path, or for its table of connections. */
export function waitScript({ path, search_regex, port, state, host, exclude_hosts = [] }: WaitWish): Script {
  if (path !== undefined) {
    const content = search_regex === undefined ? [] : [raw('if [ -f "$p" ]; then tail -c 5000000 -- "$p"; fi')]
    return join([
      sh`p=${expanded(path)}; if [ -e "$p" ]; then echo there; stat -c ${statFormat} -- "$p"; else echo gone; fi`,
      ...content,
      raw(':'),
    ])
  }
  if (port === undefined) return raw(':')
  const table = raw('cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; :')
  if (state !== 'drained') return table
  // The host knows which addresses its names have.
  const names = [host, ...exclude_hosts]
  return join([table, sh`for n in ${names}; do echo "== $n"; getent ahosts "$n" 2>/dev/null | cut -d' ' -f1; done; :`])
}

/** Reads what `waitScript` printed; undefined when only a connection can tell. */
export function readWait(wish: WaitWish, answer: Pick<Answer, 'text'>): Seen | undefined {
  if (wish.path !== undefined) return pathSeen(wish, answer.text)
  if (wish.port === undefined) return { done: true, state: 'nothing to wait for' }
  const rows = tableRows(answer.text).filter((row) => row.port === wish.port)
  if (wish.state === 'drained') {
    const { host, exclude_hosts = [] } = wish
    const here = addressesIn(answer.text, [host])
    const excluded = addressesIn(answer.text, exclude_hosts)
    const any = ['00000000', '0'.repeat(32)]
    const active = rows.filter(
      ({ state, local, remote }) =>
        wish.active_connection_states.includes(state) &&
        !excluded.has(remote) &&
        (here.has(local) || any.some((one) => here.has(one))),
    ).length
    return { done: active === 0, state: `${active} connections` }
  }
  if (wish.search_regex !== undefined || !isLocal(wish.host)) return undefined
  const listens = rows.some((row) => row.state === 'LISTEN')
  // Nobody listening need not mean that nobody answers: packets may be redirected.
  if (!listens) return undefined
  return { done: wantsThere(wish), state: 'something listens' }
}

/** Looks once, by script or by connecting. */
export async function lookOnce(wish: WaitWish, io: Io): Promise<Seen> {
  const bySelf = wish.path !== undefined || wish.state === 'drained'
  if (bySelf) {
    const { stdout } = await io.sh(waitScript(wish), { looks: true })
    return readWait(wish, { text: stdout.toString() }) ?? { done: false, state: 'unknown' }
  }
  const found = await connectOnce(wish, io)
  return { ...found, done: wantsThere(wish) ? found.done : !found.done }
}

function pathSeen(wish: WaitWish, text: string): Seen {
  const there = text.startsWith('there')
  const [, line = ''] = text.split('\n', 2)
  const entry = there ? readEntry(line) : undefined
  const values = entry && wantsThere(wish) ? { values: describeEntry(entry) } : {}
  // As in Ansible, what the file says is of no interest when it shall be gone.
  if (wish.search_regex === undefined || !there || !wantsThere(wish))
    return { done: there === wantsThere(wish), state: there ? 'it is there' : 'it is not there', ...values }
  const match = pythonRegex(wish.search_regex, 'm').exec(text.slice(`there\n${line}\n`.length))
  const state = match ? 'its content matches' : 'its content does not match'
  return { done: (match !== null) === wantsThere(wish), state, ...values, ...(match && { match }) }
}

/** Connects to the port as seen from the host; `done` says that something answered (and said what is searched for). */
async function connectOnce({ host, port = 0, search_regex, connect_timeout }: WaitWish, io: Io): Promise<Seen> {
  const enough = new AbortController()
  const late = io.pause(connect_timeout * 1000, enough.signal).then(() => undefined)
  try {
    const stream = await Promise.race([io.dial({ host, port }), late])
    if (stream === undefined) return { done: false, state: 'no answer' }
    try {
      if (search_regex === undefined) return { done: true, state: 'it answers' }
      const expression = pythonRegex(search_regex, 'm')
      let said = ''
      const reading = (async () => {
        for await (const chunk of stream) {
          said += String(chunk)
          const match = expression.exec(said)
          if (match) return match
        }
        return undefined
      })()
      const match = await Promise.race([reading, late])
      return {
        done: match !== undefined,
        state: match ? 'it says what is waited for' : `it says ${JSON.stringify(shortened(said, 60))}`,
        ...(match && { match }),
      }
    } finally {
      stream.destroy()
    }
  } catch (error) {
    if (error instanceof TaskError && !(error instanceof ConnectError)) return { done: false, state: 'nothing answers' }
    throw error
  } finally {
    late.catch(() => undefined)
    enough.abort()
  }
}

const states: Readonly<Record<string, string>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '03': 'SYN_RECV',
  '04': 'FIN_WAIT1',
  '05': 'FIN_WAIT2',
  '06': 'TIME_WAIT',
  '07': 'CLOSE',
  '08': 'CLOSE_WAIT',
  '09': 'LAST_ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
}

/** Names of the states that a connection can have. */
export const connectionStates: readonly string[] = Object.values(states)

interface Row {
  readonly port: number
  readonly state: string
  /** As the table writes addresses; IPv4 addresses that are written as IPv6 are IPv4 here. */
  readonly local: string
  readonly remote: string
}

/** The lines of /proc/net/tcp. */
function tableRows(text: string): readonly Row[] {
  return text.split('\n').flatMap((line) => {
    const [, local = '', port = '', remote = '', state = ''] =
      /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ?? []
    if (port === '') return []
    return [
      { port: Number.parseInt(port, 16), state: states[state] ?? state, local: mapped(local), remote: mapped(remote) },
    ]
  })
}

function mapped(address: string): string {
  return address.replace(/^0{16}FFFF0000(?=.{8}$)/, '')
}

/** The addresses of some names as /proc/net/tcp writes them, from what the host said of the names and from themselves. */
function addressesIn(text: string, names: readonly string[]): ReadonlySet<string> {
  const said = text.split(/^== /m).slice(1)
  const found = said
    .filter((part) => names.includes(part.split('\n', 1)[0] ?? ''))
    .flatMap((part) => part.split('\n').slice(1))
  return new Set([...found, ...names].flatMap((address) => tableForm(address.trim()) ?? []))
}

/** Bytes of each 32-bit word stand in the order of the machine, which is little-endian wherever we run. */
function tableForm(address: string): string | undefined {
  const swapped = (bytes: readonly number[]) =>
    bytes
      .toReversed()
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase()
  if (/^\d+(\.\d+){3}$/.test(address)) return swapped(address.split('.').map(Number))
  const url = URL.parse(`http://[${address.replace(/%.*$/, '')}]`)
  if (!address.includes(':') || url === null) return undefined
  const [head = '', tail] = url.hostname.slice(1, -1).split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const words = [...first, ...Array(8 - first.length - last.length).fill(0), ...last] as number[]
  const bytes = words.flatMap((word) => [word >> 8, word & 255])
  return mapped([0, 4, 8, 12].map((from) => swapped(bytes.slice(from, from + 4))).join(''))
}

import { handedOut, labelOf } from './replay-plan.ts'
import { type Exchange, fields, isExchange, pathOf, type Row } from './replay-recording.ts'

/** Whose credentials a row carries: a token handed out earlier, one from before the recording, or none that is valid. */
export type Credential =
  | { readonly kind: 'recorded'; readonly token: string }
  | { readonly kind: 'earlier'; readonly label: string }
  | { readonly kind: 'invalid' }

interface Issued {
  readonly index: number
  readonly token: string
  readonly owner: string | undefined
  readonly personal: boolean
  readonly name: unknown
  /** Undefined where the recording does not tell, as after regenerating. */
  readonly bypass: boolean | undefined
}

/**
 * Finds out which token each placeholder stands for. A label is the session that a row with the note "login <label>" opened;
 * failing that, the newest fitting token of the file; failing that, what the label stood for in the file before.
 */
export function resolveLabels(rows: readonly Row[]): ReadonlyMap<number, Credential> {
  const resolved = new Map<number, Credential>()
  const issued: Issued[] = []
  const world = new Map<string, Credential>()
  const owners = new Map<Credential, string | undefined>()
  let file = ''
  let inFile = new Map<string, Credential>()
  let fileStart = 0
  for (const [index, row] of rows.entries()) {
    if (row.file !== file) {
      file = row.file
      inFile = new Map()
      fileStart = index
    }
    if (!isExchange(row)) continue
    const label = labelOf(row.request.headers['x-auth-token'])
    if (label !== undefined) {
      const credential =
        inFile.get(label) ??
        choose(
          rows,
          index,
          label,
          issued.filter((each) => each.index >= fileStart && !taken(inFile, each.token)),
          world,
        )
      inFile.set(label, credential)
      world.set(label, credential)
      resolved.set(index, credential)
    }
    const out = handedOut(row)
    if (!out) continue
    const credential: Credential = { kind: 'recorded', token: out.token }
    const own = label === undefined ? undefined : owners.get(resolved.get(index) ?? credential)
    const owner = out.userId ?? own
    owners.set(credential, owner)
    issued.push(describe(row, index, out.token, owner))
    const named = /^login (\S+)/.exec(row.note)?.[1]
    if (named !== undefined && pathOf(row).endsWith('/login')) {
      inFile.set(named, credential)
      world.set(named, credential)
    }
  }
  return resolved
}

function taken(labels: ReadonlyMap<string, Credential>, token: string): boolean {
  return [...labels.values()].some((each) => each.kind === 'recorded' && each.token === token)
}

function describe(row: Exchange, index: number, token: string, owner: string | undefined): Issued {
  const path = pathOf(row)
  const body = fields(row.request.body)
  return {
    ...{ index, token, owner, name: body.tokenName },
    personal: path.endsWith('PersonalAccessToken'),
    bypass: path.includes('regenerate') ? undefined : body.bypassTwoFactor === true,
  }
}

function choose(
  rows: readonly Row[],
  from: number,
  label: string,
  candidates: readonly Issued[],
  world: ReadonlyMap<string, Credential>,
): Credential {
  const uses = usesOf(rows, from, label)
  const fitting = candidates.filter((each) => fits(rows, each, uses))
  const last = fitting.findLast(({ personal }) => personal) ?? fitting.at(-1)
  if (last) return { kind: 'recorded', token: last.token }
  const before = world.get(label)
  if (before) return before
  return uses.every(({ row }) => row.response.status === 401) ? { kind: 'invalid' } : { kind: 'earlier', label }
}

interface Use {
  readonly index: number
  readonly row: Exchange
}

/** The rows of the file that use a label, until a login gives it a new meaning. */
function usesOf(rows: readonly Row[], from: number, label: string): readonly Use[] {
  const uses: Use[] = []
  const file = rows[from]?.file
  for (let index = from; rows[index]?.file === file; index += 1) {
    const row = rows[index]
    if (!row || !isExchange(row)) continue
    if (row.note.startsWith(`login ${label}`) && handedOut(row)) break
    if (labelOf(row.request.headers['x-auth-token']) === label) uses.push({ index, row })
  }
  return uses
}

const marked =
  /\/(settings\/|users\.update$|users\.(re)?generatePersonal|users\.removePersonal|users\.2fa\.disableEmail)/

/** True when a token can be what the rows used: alive where they were let in, with the right flag, of the right account. */
function fits(rows: readonly Row[], token: Issued, uses: readonly Use[]): boolean {
  return uses.every(({ index, row }) => {
    const body = fields(row.response.body)
    const path = pathOf(row)
    const dead = token.personal && gone(rows, token, index)
    if (dead !== (row.response.status === 401) && (dead || token.personal)) return false
    if (path.endsWith('/me') && token.owner !== undefined && typeof body._id === 'string' && body._id !== token.owner)
      return false
    if (
      !token.personal ||
      row.request.method !== 'POST' ||
      !marked.test(path) ||
      row.request.headers['x-2fa-code'] !== undefined
    )
      return true
    if (body.errorType === 'totp-required') return token.bypass !== true
    return row.response.status !== 200 || token.bypass !== false
  })
}

function gone(rows: readonly Row[], token: Issued, before: number): boolean {
  return rows.slice(token.index + 1, before).some((row) => {
    if (!isExchange(row) || row.response.status !== 200) return false
    const path = pathOf(row)
    return /(remove|regenerate)PersonalAccessToken$/.test(path) && fields(row.request.body).tokenName === token.name
  })
}

import type { Plain } from '../../core/plain.ts'
import { type Exchange, fields, isExchange, objectsIn, pathOf, type Row } from './replay-recording.ts'

/** Rows that one server answered in one go, with the moment of each. */
export interface Stretch {
  readonly rows: readonly Row[]
}

/** One server of the recordings: its database lives through all its stretches. */
export interface World {
  readonly rows: readonly Row[]
  /** Milliseconds since 1970, one per row. */
  readonly times: readonly number[]
  /** When the process is taken to have started. */
  readonly start: number
  readonly rootUrl: string | undefined
  /** The rows begin within minutes of the first start: nothing was set before them. */
  readonly fresh: boolean
}

/**
 * Finds out which rows belong to the same server, and puts them in the order of time. Two rows are of one server when the
 * same user name has the same id in both; a row without any name belongs to what surrounds it.
 */
export function planWorlds(files: readonly (readonly Row[])[]): readonly World[] {
  const stretches = files.flatMap(splitFile)
  const worlds: { names: Map<string, string>; stretches: Stretch[] }[] = []
  const known = stretches.map((stretch) => ({ stretch, names: namesIn(stretch.rows) }))
  for (const { stretch, names } of known.filter((each) => each.names.size > 0)) {
    const same = worlds.filter((world) => agree(world.names, names))
    const others = worlds.filter((world) => !same.includes(world))
    const merged = {
      names: new Map([...same.flatMap((world) => [...world.names]), ...names]),
      stretches: [...same.flatMap((world) => world.stretches), stretch],
    }
    worlds.splice(0, worlds.length, ...others, merged)
  }
  for (const { stretch } of known.filter((each) => each.names.size === 0)) {
    const near = nearest(worlds, stretch)
    if (near) near.stretches.push(stretch)
    else worlds.push({ names: new Map(), stretches: [stretch] })
  }
  return worlds.map(({ stretches: own }) => finish(own))
}

function finish(stretches: readonly Stretch[]): World {
  const ordered = stretches.toSorted((a, b) => firstMoment(a) - firstMoment(b))
  const rows = ordered.flatMap((each) => each.rows)
  const times = timesOf(rows, ordered)
  const first = times[0] ?? 0
  const early = rows
    .filter(isExchange)
    .flatMap((row) => moments(row.response.body))
    .filter((at) => at < first && at > first - 900_000)
  const windows = rows
    .filter(isExchange)
    .slice(0, 1)
    .flatMap(windowStart)
    .filter((at) => at < first)
  const born = Math.min(...early)
  const start = Math.min(first - 1000, ...early, ...windows)
  return { rows, times, start, rootUrl: rootUrlOf(rows), fresh: early.length > 0 && first - born < 120_000 }
}

/** Cuts a file where the server changes: at the observation before the first row that contradicts the names so far. */
function splitFile(rows: readonly Row[]): readonly Stretch[] {
  const stretches: Row[][] = [[]]
  let names = new Map<string, string>()
  for (const row of rows) {
    const own = isExchange(row) ? namesOf(row) : new Map<string, string>()
    if ([...own].some(([name, id]) => names.has(name) && names.get(name) !== id)) {
      const before = stretches.at(-1) ?? []
      const cut = before.findLastIndex((each) => !isExchange(each) || namesOf(each).size > 0)
      const from = cut >= 0 && before[cut] && !isExchange(before[cut]) ? cut : cut + 1
      stretches.push(before.splice(from))
      names = new Map()
    }
    for (const [name, id] of own) names.set(name, id)
    stretches.at(-1)?.push(row)
  }
  return stretches.filter((each) => each.length > 0).map((each) => ({ rows: each }))
}

/** User names with their ids, as one answer shows them; the bot is everywhere the same. */
function namesOf({ response }: Exchange): Map<string, string> {
  const pairs = objectsIn(response.body).flatMap(({ _id, username }): [string, string][] =>
    typeof _id === 'string' && typeof username === 'string' && username !== _id && username !== 'rocket.cat'
      ? [[username, _id]]
      : [],
  )
  return new Map(pairs)
}

function namesIn(rows: readonly Row[]): Map<string, string> {
  return new Map(rows.filter(isExchange).flatMap((row) => [...namesOf(row)]))
}

function agree(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return [...b].some(([name, id]) => a.get(name) === id)
}

function nearest<Place extends { readonly stretches: readonly Stretch[] }>(
  worlds: readonly Place[],
  stretch: Stretch,
): Place | undefined {
  const at = firstMoment(stretch)
  const url = rootUrlOf(stretch.rows)
  const distance = (world: Place) =>
    Math.min(...world.stretches.flatMap(({ rows }) => timesOf(rows)).map((time) => Math.abs(time - at)))
  const fitting = worlds.filter(
    (world) => url === undefined || rootUrlOf(world.stretches.flatMap(({ rows }) => rows)) === url,
  )
  return fitting.toSorted((a, b) => distance(a) - distance(b))[0]
}

function firstMoment({ rows }: Stretch): number {
  return timesOf(rows)[0] ?? 0
}

function rootUrlOf(rows: readonly Row[]): string | undefined {
  for (const row of rows.filter(isExchange)) {
    const text = JSON.stringify([row.response.headers?.location, row.response.body])
    const found =
      /"(?:avatarUrl":")?(https?:\/\/[^/"\s]+)\/avatar\//.exec(text) ??
      /"_id":"Site_Url","value":"(https?:\/\/[^/"]+)"/.exec(text)
    if (found?.[1] !== undefined) return found[1]
  }
  return undefined
}

const notNow = /^(codeExpires|expire|.*Until|updatedSince|date|installedAt)$/

/** The dates in an answer, in milliseconds since 1970. */
export function moments(value: Plain | undefined): readonly number[] {
  return objectsIn(value).flatMap((each) =>
    Object.entries(each)
      .filter(([key]) => !notNow.test(key))
      .flatMap(([, one]) =>
        typeof one === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(one) ? [Date.parse(one)] : [],
      ),
  )
}

/** When the limiter's window of a row began: its end is in the header, and it is a minute long. */
function windowStart({ response }: Exchange): readonly number[] {
  const reset = response.headers?.['x-ratelimit-reset']
  return reset === undefined ? [] : [Number(reset) - 60_000]
}

/**
 * When each row happened. An answer with a date newer than all before it was given then; the first row of a new limiter
 * window, at its start; the rows between lie evenly between.
 */
export function timesOf(rows: readonly Row[], stretches: readonly Stretch[] = [{ rows }]): readonly number[] {
  const anchors: { index: number; at: number }[] = []
  const windows = new Map<string, number>()
  let seen = Number.NEGATIVE_INFINITY
  for (const [index, row] of rows.entries()) {
    if (!isExchange(row)) continue
    const newest = Math.max(...moments(row.response.body))
    const [window] = windowStart(row)
    const route = `${row.request.method} ${pathOf(row).split('/').slice(0, 4).join('/')}`
    const before = windows.get(route)
    const opened =
      window !== undefined && window > seen && (before === undefined || window > before + 1000)
        ? window
        : Number.NEGATIVE_INFINITY
    if (window !== undefined) windows.set(route, window)
    const at = Math.max(newest, opened)
    if (at <= seen) continue
    seen = at
    anchors.push({ index, at })
  }
  const times: number[] = []
  for (const stretch of stretches) {
    const from = times.length
    const own = anchors.filter(({ index }) => index >= from && index < from + stretch.rows.length)
    const before = times.at(-1) ?? 0
    const known = own.length > 0 ? own : [{ index: from, at: before + 10 }]
    for (const [place, row] of stretch.rows.entries())
      times.push(clip(row, Math.max(times.at(-1) ?? 0, interpolate(known, from + place))))
  }
  return times
}

function interpolate(anchors: readonly { index: number; at: number }[], index: number): number {
  const after = anchors.find((each) => each.index >= index)
  const before = anchors.findLast((each) => each.index <= index)
  if (after && before) {
    const share = after.index === before.index ? 0 : (index - before.index) / (after.index - before.index)
    return before.at + share * (after.at - before.at)
  }
  if (after) return after.at - 10 * (after.index - index)
  return before ? before.at + 10 * (index - before.index) : 0
}

/** A row lies inside its limiter window. */
function clip(row: Row, at: number): number {
  const [start] = isExchange(row) ? windowStart(row) : []
  return start === undefined ? at : Math.min(Math.max(at, start), start + 59_999)
}

/** The label in the placeholder of a header, such as "admin" in `<token:admin>`; undefined for anything else. */
export function labelOf(header: string | undefined): string | undefined {
  return /^<(?:userId|token):([^>]+)>$/.exec(header ?? '')?.[1]
}

/** What a login or token route handed out. */
export function handedOut(row: Exchange): { readonly token: string; readonly userId?: string } | undefined {
  if (row.response.status !== 200 || row.request.method !== 'POST') return undefined
  const body = fields(row.response.body)
  const data = fields(body.data)
  if (typeof data.authToken === 'string') return { token: data.authToken, userId: String(data.userId) }
  return typeof body.token === 'string' && body.token.length === 43 ? { token: body.token } : undefined
}

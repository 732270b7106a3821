import { createHash } from 'node:crypto'
import type { Arguments } from '../template/arguments.ts'
import { Fault } from '../template/error.ts'
import type { Item } from '../template/values.ts'
import { type FilterContext, type FilterTable, reading } from './definition.ts'
import { type ShaKind, shaCrypt } from './sha-crypt.ts'

interface Kind {
  readonly id: string
  /** Rounds where none are given: those of Ansible with passlib, which are more than crypt(3) has by itself. */
  readonly usual: number
}

const kinds: { readonly [Name in ShaKind]: Kind } = {
  sha512: { id: '6', usual: 656_000 },
  sha256: { id: '5', usual: 535_000 },
}

const longestSalt = 16
const saltCharacters = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The number of rounds that crypt(3) takes when the hash names none. */
const implicitRounds = 5000
const leastRounds = 1000
/** Some seconds of work; more is a mistake. */
const mostRounds = 5_000_000

/** Hashes that were made, since a template is rendered more than once and each one takes long. In a run a password has one hash. */
const made = new Map<string, string>()
const mostMade = 1000

function passwordHash(input: Item, args: Arguments, context: FilterContext): Item {
  const named = args.text('hashtype', 'sha512').replace(/_crypt$/, '')
  if (named !== 'sha512' && named !== 'sha256')
    throw wrong(`makes no hashes of the kind "${named}"`, 'use sha512 or sha256; `openssl passwd` makes others')
  if (typeof input !== 'string') throw wrong('needs a text', 'put the password in quotes')
  const given = args.maybeText('salt') ?? ''
  const rounds = args.integer('rounds', 0) || kinds[named].usual
  const size = args.integer('salt_size', 0) || longestSalt
  if (rounds < leastRounds || rounds > mostRounds)
    throw wrong(`takes ${leastRounds} to ${mostRounds} rounds, not ${rounds}`)
  if (/[^./0-9A-Za-z]/.test(given)) throw wrong('takes a salt of letters, digits, "." and "/"')
  if (given.length > longestSalt || size > longestSalt || size < 0)
    throw wrong(`takes a salt of at most ${longestSalt} characters`)
  return hashed(named, input, given, size, rounds, context.random)
}

function hashed(
  kind: ShaKind,
  password: string,
  given: string,
  size: number,
  rounds: number,
  random: (below: number) => number,
): string {
  const { id } = kinds[kind]
  const key = createHash('sha256')
    .update(JSON.stringify([password, id, given, size, rounds]))
    .digest('base64')
  const known = made.get(key)
  if (known !== undefined) return known
  const salt = given || saltOf(size, random)
  const start = rounds === implicitRounds ? `$${id}$` : `$${id}$rounds=${rounds}$`
  const hash = `${start}${salt}$${shaCrypt(kind, password, salt, rounds)}`
  if (made.size < mostMade) made.set(key, hash)
  return hash
}

function saltOf(size: number, random: (below: number) => number): string {
  return Array.from({ length: size }, () => saltCharacters[random(64)]).join('')
}

/** The hash of a password with a salt that is kept, with the rounds of the filter `password_hash`. Throws a Fault for a salt that is none. */
export function hashWithSalt(kind: ShaKind, password: string, salt: string): string {
  if (!/^[./0-9A-Za-z]{1,16}$/.test(salt))
    throw wrong('takes a salt of letters, digits, "." and "/", at most 16 of them')
  return hashed(kind, password, salt, salt.length, kinds[kind].usual, () => 0)
}

/** A salt as Ansible makes it. */
export function freshSalt(random: (below: number) => number): string {
  return saltOf(longestSalt, random)
}

function wrong(message: string, mend?: string): Fault {
  return new Fault('template-argument', `the filter "password_hash" ${message}`, { mend })
}

/** Hashes as /etc/shadow has them. */
export const passwordHashes: FilterTable = {
  password_hash: reading('hashtype salt salt_size rounds ident', passwordHash),
}

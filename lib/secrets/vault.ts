import { type Diagnostic, LoadError } from '../core/diagnostic.ts'
import type { Position } from '../core/plain.ts'
import { Secret } from '../core/secret.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { Identities } from './identities.ts'
import type { KeyOptions } from './keys.ts'
import type { VaultPassword } from './vault-passwords.ts'

const age = whenNeeded<typeof import('./age.ts')>('./age.ts', import.meta.url)
const envelopes = whenNeeded<typeof import('./ansible-vault.ts')>('./ansible-vault.ts', import.meta.url)
const identities = whenNeeded<typeof import('./identities.ts')>('./identities.ts', import.meta.url)
const recipients = whenNeeded<typeof import('./recipients.ts')>('./recipients.ts', import.meta.url)
const say = whenNeeded<typeof import('./vault-findings.ts')>('./vault-findings.ts', import.meta.url)
const passwords = whenNeeded<typeof import('./vault-passwords.ts')>('./vault-passwords.ts', import.meta.url)

/** How a text was encrypted: with age, or by ansible-vault. */
export type Tag = 'vault' | 'age'

/** Opens what is encrypted in the files of a run. Nothing is looked for or asked before something encrypted is met. */
export interface Vault {
  /**
   * For loaders, which cannot wait: the secret when the text has been opened, a stand-in while `reading` collects. Throws
   * LoadError with what is wrong with this text, at its place.
   */
  decrypt(tag: Tag, text: string, at: Position, label: string): Secret
  /** For texts that a run may meet later, in files named by templates: opens them with the others, and never throws. */
  foresee(tag: Tag, text: string, at: Position, label: string): Secret
  /** Runs `load`; when that met encrypted texts, opens all of them and runs it once more. */
  reading<Result>(load: () => Result): Promise<Result>
  /** Says where the inventory is, beside which an identity with a passphrase may be kept. */
  near(folder: string): void
  /** Opens one text. Throws LoadError. */
  open(tag: Tag, text: string, label: string, at?: Position): Promise<Secret>
  /** Asks for passwords that were to be asked for, before anything else is done. */
  ready(): Promise<void>
  /** The identities of this run; found, and asked for, once. */
  identities(): Promise<readonly Secret[]>
}

/** A text that was met, and what became of it. */
interface Met {
  readonly tag: Tag
  readonly text: string
  readonly at: Position | undefined
  readonly label: string
  secret?: Secret
  /** What is wrong with this text alone. */
  finding?: Diagnostic
  /** No key of the run opens it, and others like it. */
  closed?: Closed
  /** Not only foreseen. */
  needed?: boolean
}

/** Texts that the same thing is wrong with; told once for all. */
interface Closed {
  say(first: Met, others: readonly Met[]): Diagnostic
}

export function createVault(options: KeyOptions): Vault {
  const met = new Map<string, Met>()
  const keys = keyring(options)
  const told = new Set<Closed>()
  let phase: 'collecting' | 'telling' | undefined

  const openAll = async (all: readonly Met[]): Promise<void> => {
    await openAge(
      all.filter(({ tag }) => tag === 'age'),
      keys,
    )
    await openVault(
      all.filter(({ tag }) => tag === 'vault'),
      keys,
    )
  }
  const during = <Result>(now: typeof phase, work: () => Result): Result => {
    phase = now
    try {
      return work()
    } finally {
      phase = undefined
    }
  }
  const meet = (tag: Tag, text: string, at: Position, label: string): Met => {
    const known = met.get(`${tag} ${text}`) ?? { tag, text, at, label }
    met.set(`${tag} ${text}`, known)
    return known
  }
  const others = (one: Met): readonly Met[] =>
    [...met.values()].filter((other) => other !== one && other.needed && other.closed === one.closed)

  return {
    near: (folder) => keys.near(folder),
    identities: async () => (await keys.all()).keys,
    async ready() {
      if (options.askVaultPass || options.vaultId.some((one) => /(^|@)prompt/.test(one))) await keys.passwords()
    },
    foresee(tag, text, at, label) {
      if (phase === 'collecting') meet(tag, text, at, label)
      return new Secret('', label)
    },
    decrypt(tag, text, at, label) {
      const known = met.get(`${tag} ${text}`)
      if (known?.secret) return new Secret(known.secret.reveal(), label)
      if (phase === 'collecting') {
        meet(tag, text, at, label).needed = true
        return new Secret('', label)
      }
      if (known?.finding) throw new LoadError({ ...known.finding, at })
      if (!known?.closed) throw new LoadError(say().tooLate(at))
      // The finding for the first stops everything, so the others need no value.
      if (phase === 'telling' && told.has(known.closed)) return new Secret('', label)
      told.add(known.closed)
      throw new LoadError({ ...known.closed.say(known, others(known)), at })
    },
    async reading(load) {
      const first = during('collecting', load)
      const fresh = [...met.values()].filter((one) => !one.secret && !one.finding && !one.closed)
      if (fresh.length > 0) await openAll(fresh)
      else if ([...met.values()].every((one) => one.secret)) return first
      told.clear()
      return during('telling', load)
    },
    async open(tag, text, label, at) {
      const one: Met = { tag, text, at, label }
      await openAll([one])
      if (one.secret) return one.secret
      throw new LoadError(one.finding ?? one.closed?.say(one, []) ?? say().damaged(at))
    },
  }
}

/** The keys of one run, each looked for when it is first needed. */
interface Keyring {
  near(folder: string): void
  all(): Promise<Identities>
  /** Also the identity kept with the inventory, behind a passphrase; undefined when there is none or it was added before. */
  unlocked(): Promise<Identities | undefined>
  passwords(): Promise<readonly VaultPassword[]>
}

function keyring(options: KeyOptions): Keyring {
  let folder: string | undefined
  let found: Promise<Identities> | undefined
  let locked: Promise<Identities | undefined> | undefined
  let given: Promise<readonly VaultPassword[]> | undefined
  const all = (): Promise<Identities> => {
    found ??= identities().findIdentities(options)
    return found
  }
  const addLocked = async (): Promise<Identities | undefined> => {
    const file = folder === undefined ? undefined : identities().findLocked(folder)
    const before = await all()
    if (file === undefined || before.looked.includes(file)) return undefined
    const more = await identities().fromFile(file, options)
    found = Promise.resolve({ keys: [...before.keys, ...more], looked: [...before.looked, file] })
    return found
  }
  return {
    near: (one) => {
      folder = one
    },
    all,
    unlocked: () => {
      locked ??= addLocked()
      return locked
    },
    passwords: () => {
      given ??= passwords().findVaultPasswords(options)
      return given
    },
  }
}

async function openAge(all: readonly Met[], keys: Keyring): Promise<void> {
  if (all.length === 0) return
  let { keys: own, looked } = await keys.all()
  const attempt = async (some: readonly Met[]): Promise<readonly Met[]> => {
    const closed: Met[] = []
    await Promise.all(
      some.map(async (one) => {
        const opened = await age().unseal(one.text, own, one.label)
        if ('secret' in opened) one.secret = opened.secret
        else if (opened.fault === 'no-match' || opened.fault === 'wrong-passphrase') closed.push(one)
        else one.finding = say().faulty(opened.fault, one.at)
      }),
    )
    return some.filter((one) => closed.includes(one))
  }
  let closed = await attempt(all)
  if (closed.length === 0) return
  const more = await keys.unlocked()
  if (more) {
    own = more.keys
    looked = more.looked
    closed = await attempt(closed)
  }
  const mine = await Promise.all(own.map((one) => age().recipientOf(one)))
  const why: Closed =
    own.length === 0
      ? { say: (first, others) => say().noIdentity(first, others, looked) }
      : { say: (first, others) => say().noMatch(first, others, mine) }
  for (const one of closed) one.closed = why
}

async function openVault(all: readonly Met[], keys: Keyring): Promise<void> {
  if (all.length === 0) return
  const passwords = await keys.passwords()
  const closed: Met[] = []
  await Promise.all(
    all.map(async (one) => {
      const envelope = envelopes().readEnvelope(one.text)
      if ('fault' in envelope) {
        one.finding = say().notVault(envelope, one.at)
        return
      }
      const { id } = envelope
      for (const { password } of [...passwords].sort((a, b) => Number(b.id === id) - Number(a.id === id))) {
        const secret = await envelopes().openEnvelope(envelope, password, one.label)
        if (secret === undefined) continue
        if (secret === 'not-text') one.finding = say().faulty('not-text', one.at)
        else one.secret = secret
        return
      }
      closed.push(one)
    }),
  )
  const why: Closed =
    passwords.length === 0
      ? { say: say().noPassword }
      : { say: (first, others) => say().wrongPassword(first, others, passwords.length) }
  for (const one of closed) one.closed = why
}

/** How the secrets of a store are encrypted; without recipients they are kept as they are. */
export interface Sealing {
  /** Encrypts a value to the recipients; undefined when there are none. */
  seal(value: Secret): Promise<string | undefined>
  open(armored: string, label: string): Promise<Secret>
}

/** Encrypts to the recipients that count for a folder, read when first needed, and opens with the keys of the run. */
export function sealingFor(folder: string, vault: Vault): Sealing {
  let keys: Promise<readonly string[]> | undefined
  const read = async (): Promise<readonly string[]> => {
    const { findRecipients, readRecipients } = recipients()
    const file = findRecipients(folder)
    return file === undefined ? [] : (await readRecipients(file)).keys.map(({ key }) => key)
  }
  return {
    async seal(value) {
      keys ??= read()
      const known = await keys
      return known.length === 0 ? undefined : age().seal(value, known)
    },
    open: (armored, label) => {
      vault.near(folder)
      return vault.open('age', armored, label)
    },
  }
}

import { didYouMean } from '../core/closest.ts'
import { ToolError } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import { keepTelling } from '../core/telling.ts'
import { shortened } from '../core/text.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { ShaKind } from './filters/sha-crypt.ts'
import { flat, inlineOptions, structuralLookups, texts } from './lookups-of-values.ts'
import { type Arguments, bindArguments } from './template/arguments.ts'
import { firstOf, isDict, isList } from './template/dicts.ts'
import { Fault } from './template/error.ts'
import { open, withOpened } from './template/secrecy.ts'
import { str } from './template/text.ts'
import { splitLines } from './template/text-methods.ts'
import { type Item, isHidden, UnknownSignal } from './template/values.ts'

const hashes = whenNeeded<typeof import('./filters/password-hash.ts')>('./filters/password-hash.ts', import.meta.url)

/** What lookups may do to the world; a lookup whose effect is not given in is refused. */
export interface LookupEffects {
  /** The text of a file, looked for where the playbook keeps its files; undefined when there is none. */
  readonly readFile?: (path: string, folders: Folders) => string | Secret | undefined
  /** The full path of a file looked for in the same places; undefined when there is none. */
  readonly findFile?: (path: string, folders: Folders) => string | undefined
  /** Files that fit a pattern with `*`, `?` and `[…]`, sorted. */
  readonly glob?: (pattern: string, folders: Folders) => readonly string[]
  readonly environment?: (name: string) => string | undefined
  /** What a command on this machine prints; throws when it fails. */
  readonly pipe?: (command: string) => string
  /** The password kept under that name, made and kept when there is none yet; and its salt, when one was asked for. */
  readonly password?: (request: PasswordRequest) => KeptPassword
}

/** Where a task looks for files: its role, its playbook; undefined where no task is at hand. */
export type Folders = readonly string[] | undefined

function foldersOf(context: LookupContext): Folders {
  const path = context.variable('ansible_search_path')
  return isList(path) ? path.map(str) : undefined
}

export interface PasswordRequest {
  readonly path: string
  readonly length: number
  /** Sets of characters by Python's names (`ascii_letters`, `digits`, `punctuation`) or as they are. */
  readonly chars: readonly string[]
  /** The salt to keep beside the password when there is none yet; undefined when none is needed. */
  readonly salt?: (() => string) | undefined
}

export interface KeptPassword {
  readonly password: Secret
  readonly salt?: string | undefined
}

/** What a lookup may ask of the template it stands in. */
export interface LookupContext {
  variable(name: string): Item | undefined
  variableNames(): Iterable<string>
  /** Applies a filter of templates. */
  filter(name: string, input: Item, positional: readonly Item[], named: ReadonlyMap<string, Item>): Item
  /** A whole number from 0 up to but without `below`. */
  random(below: number): number
  /** Renders a template file found by that name. */
  renderFile(path: string, vars: ReadonlyMap<string, Item>): Item
}

/** A lookup: terms in, a list out. */
export interface Lookup {
  readonly parameters: string
  /** Passes secrets on without reading them. */
  readonly structural?: boolean
  readonly run: (terms: readonly Item[], options: Arguments, context: LookupContext) => readonly Item[]
}

export type LookupTable = Readonly<Record<string, Lookup>>

function unavailable(name: string): never {
  throw new Fault('unknown-lookup', `the lookup "${name}" is not available here`)
}

function notFound(kind: string, name: string): Fault {
  return new Fault('lookup-failed', `the lookup "${kind}" found no file "${name}"`)
}

/** The lookups with their effects given in. */
export function createLookups(effects: LookupEffects): LookupTable {
  return { ...structuralLookups, ...outerLookups(effects) }
}

function outerLookups(effects: LookupEffects): LookupTable {
  const read = (kind: string, path: string, folders: Folders): string | Secret =>
    (effects.readFile ?? unavailable(kind))(path, folders) ??
    (() => {
      throw notFound(kind, path)
    })()
  return {
    env: {
      parameters: 'default',
      run: (terms, options) =>
        texts(terms).map((name) => {
          const found = (effects.environment ?? unavailable('env'))(name)
          keepTelling(name, found)
          return firstOf(found, options.get('default'), '') as Item
        }),
    },
    file: {
      parameters: 'rstrip lstrip',
      run: (terms, options, context) =>
        texts(terms).map((path) => {
          const content = read('file', path, foldersOf(context))
          const trim = (text: string) => {
            const right = options.flag('rstrip', true) ? text.trimEnd() : text
            return options.flag('lstrip') ? right.trimStart() : right
          }
          return content instanceof Secret ? new Secret(trim(open(content) as string), content.label) : trim(content)
        }),
    },
    lines: {
      parameters: '',
      run: (terms) =>
        texts(terms).flatMap((command) => [...splitLines((effects.pipe ?? unavailable('lines'))(command))]),
    },
    pipe: {
      parameters: '',
      run: (terms) => texts(terms).map((command) => (effects.pipe ?? unavailable('pipe'))(command).trimEnd()),
    },
    password: {
      parameters: 'length chars encrypt seed',
      run: (terms, options, context) =>
        texts(terms).map((term) => {
          const { head, options: inline } = inlineOptions(term)
          const encrypt = inline.get('encrypt') ?? options.maybeText('encrypt') ?? ''
          const kind = shaKinds.get(encrypt)
          if (encrypt !== '' && kind === undefined)
            throw new Fault('template-argument', `the lookup "password" makes no hashes of the kind "${encrypt}"`, {
              mend: `use ${[...shaKinds.keys()].join(' or ')}`,
            })
          if (options.get('seed') || inline.has('seed'))
            throw new Fault('template-argument', 'the lookup "password" makes no password from a seed')
          const given = options.get('chars')
          const text = inline.get('chars') ?? (isList(given) ? undefined : options.text('chars', ''))
          const chars = text === undefined && isList(given) ? given.map(str) : charsOf(text ?? '')
          const length = inline.has('length') ? Number(inline.get('length')) : options.integer('length', 20)
          if (!(length > 0 && length <= 4096))
            throw new Fault('template-argument', 'the lookup "password" needs a length from 1 to 4096')
          const { password, salt = '' } = (effects.password ?? unavailable('password'))({
            path: head,
            length,
            chars,
            ...(kind && { salt: () => hashes().freshSalt((below) => context.random(below)) }),
          })
          return kind
            ? new Secret(hashes().hashWithSalt(kind, open(password) as string, salt), password.label)
            : password
        }),
    },
    fileglob: {
      parameters: '',
      run: (terms, _options, context) =>
        texts(terms).flatMap((one) => [...(effects.glob ?? unavailable('fileglob'))(one, foldersOf(context))]),
    },
    first_found: {
      parameters: 'files paths skip',
      run: (terms, options, context) => {
        const find = effects.findFile ?? unavailable('first_found')
        return firstFound(terms, options, (path) => find(path, foldersOf(context)))
      },
    },
    template: {
      parameters: 'template_vars convert_data',
      structural: true,
      run: (terms, options, context) => {
        const vars = options.get('template_vars')
        const given = isDict(vars) ? Object.entries(vars) : []
        return terms.map((term) =>
          context.renderFile(
            str(term),
            new Map<string, Item>([['template_path', term], ['template_destpath', null], ...given]),
          ),
        )
      },
    },
  }
}

/** What the lookup `password` calls the hashes that can be made here. */
const shaKinds: ReadonlyMap<string, ShaKind> = new Map([
  ['sha512_crypt', 'sha512'],
  ['sha256_crypt', 'sha256'],
])

/** Sets of characters separated by commas, a double comma for the comma itself; what Ansible takes when there are none. */
function charsOf(text: string): readonly string[] {
  if (text === '') return ['ascii_letters', 'digits', '.,:-_']
  const comma = text.includes(',,') ? [','] : []
  return [
    ...comma,
    ...text
      .replaceAll(',,', ',')
      .split(',')
      .filter((one) => one !== ''),
  ]
}

function firstFound(
  terms: readonly Item[],
  options: Arguments,
  find: (path: string) => string | undefined,
): readonly Item[] {
  let skip = options.flag('skip')
  const candidates: string[] = []
  const collect = (files: readonly string[], paths: readonly string[]) => {
    const all = files.flatMap((file) => file.split(/[,;]/))
    if (paths.length === 0) candidates.push(...all)
    for (const path of paths.flatMap((one) => one.split(/[,:;]/)))
      for (const file of all) candidates.push(`${path.replace(/\/$/, '')}/${file}`)
  }
  const listed = (item: Item | undefined) => (item === undefined ? [] : isList(item) ? item.map(str) : [str(item)])
  for (const term of flat(terms)) {
    if (isDict(term)) {
      collect(listed(term.files), listed(term.paths))
      skip ||= term.skip === true
    } else collect([str(term)], listed(options.get('paths')))
  }
  collect(listed(options.get('files')), listed(options.get('paths')))
  for (const candidate of candidates) {
    const found = find(candidate)
    if (found !== undefined) return [found]
  }
  if (skip) return []
  throw new Fault('lookup-failed', 'the lookup "first_found" found none of its files', {
    mend: `looked for: ${candidates.slice(0, 10).join(', ')}`,
  })
}

/** Lookups of Ansible's that are not here, and what to do instead. */
export const absentLookups: Readonly<Record<string, string>> = {
  url: 'use the task `uri` and register its answer',
  inventory_hostnames: "use groups['…']",
  csvfile: 'keep the data in a YAML file of variables',
  ini: 'keep the data in a YAML file of variables',
  unvault: 'keep secrets in the vault file beside the inventory',
  config: 'there is no ansible.cfg here',
}

/** Does what `lookup()` and `query()` do; `wantList` makes the difference. */
export function callLookup(
  table: LookupTable,
  positional: readonly Item[],
  named: ReadonlyMap<string, Item>,
  wantList: boolean,
  context: LookupContext,
): Item {
  const [kind, ...terms] = positional
  if (kind === undefined) throw new Fault('template-argument', 'lookup() needs the name of a lookup first')
  if (typeof kind !== 'string')
    throw new Fault('template-argument', 'lookup() needs the name of a lookup first, as a text')
  const name = kind.replace(/^ansible\.builtin\./, '')
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  if (!found) {
    const why = Object.hasOwn(absentLookups, name)
      ? absentLookups[name]
      : didYouMean(name, Object.keys(table), 'lookups')
    throw new Fault(
      'unknown-lookup',
      Object.hasOwn(absentLookups, name) ? `the lookup "${name}" is not supported` : `there is no lookup "${name}"`,
      {
        mend: why,
      },
    )
  }
  const options = new Map(named)
  const wants = wantList || open(options.get('wantlist') ?? false) === true
  const errors = str(options.get('errors') ?? 'strict')
  options.delete('wantlist')
  options.delete('errors')
  const what = `the lookup "${name}"`
  const work = (given: readonly Item[]): readonly Item[] => {
    const values = new Map([...options.keys()].map((key, index) => [key, given[terms.length + index] as Item]))
    const args = bindArguments(what, found.parameters, [], values)
    return failing(what, () => found.run(given.slice(0, terms.length), args, context))
  }
  let ran: readonly Item[]
  try {
    const all = [...terms, ...options.values()]
    ran = found.structural ? work(all) : (withOpened(what, all, work) as readonly Item[])
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'lookup-failed' || errors === 'strict') throw error
    return wants ? [] : null
  }
  return wants ? ran : joined(ran)
}

/** What an effect throws (no permission, a command that fails) as a failure of the lookup. */
function failing<Result>(what: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    const isOurs = error instanceof Fault || error instanceof ToolError || error instanceof UnknownSignal
    if (isOurs || !(error instanceof Error)) throw error
    throw new Fault('lookup-failed', `${what} failed: ${shortened(error.message.trim(), 500)}`)
  }
}

/** A list of texts joined with commas; a single value as it is. */
function joined(ran: readonly Item[]): Item {
  if (ran.length === 1) return ran[0] as Item
  if (ran.every((one) => typeof one === 'string')) return ran.join(',')
  if (!ran.every((one) => typeof one === 'string' || isHidden(one))) return ran
  return withOpened('lookup()', ran, (opened) => opened.map(str).join(','))
}

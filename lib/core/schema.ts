import { z } from 'zod'
import { Secret, type Text } from './secret.ts'
import { Unknown } from './unknown.ts'

/** How a path argument is turned into content before the module sees it. */
export type SourceKind = 'file' | 'template'

/** A file of this machine, looked up beside the playbook by the loader; `open` streams it. Templates come rendered, as `text`; so do files that are text and not large. */
export interface Source {
  readonly path: string
  readonly text?: Text
  /** SHA-256 of the content in hexadecimal digits. That of a large file is calculated beside the run; asked for before it is known, it is calculated at once. */
  sha256(): string
  /** Waits until `sha256` has its answer ready; absent when it always has. */
  hashed?(): Promise<void>
  readonly size: number
  readonly mode: number
  open(): import('node:stream').Readable
  /** The same with less waste, for whoever is done with each piece before the next one is asked for. */
  pieces(): AsyncIterable<Buffer>
  /** What follows the path on a command line. */
  readonly rest?: string
  /** When the path is a folder: everything below it, parents first; `sha256` and `size` of the folder itself mean nothing. */
  readonly folder?: SourceFolder
}

export interface SourceFolder {
  /** The path was written with a slash at the end: the content of the folder is meant, not the folder itself. */
  readonly contents: boolean
  readonly entries: readonly SourceEntry[]
}

export interface SourceEntry {
  /** Relative to the folder, with `/` between names. */
  readonly path: string
  /** Undefined for a folder. */
  readonly file?: Source
}

/** An expression argument: as written, and its value now (undefined when a variable in it is not defined). */
export interface Evaluated {
  readonly text: string
  readonly value: import('./plain.ts').Value | undefined
}

/** Which line breaks and blanks a template keeps, how its marks look, and where what it gives will lie. */
export interface TemplateReading {
  readonly destination?: string
  readonly trimBlocks?: boolean
  readonly lstripBlocks?: boolean
  readonly delimiters?: {
    readonly variable: readonly [string, string]
    readonly block: readonly [string, string]
    readonly comment: readonly [string, string]
  }
}

/** What the loader needs to know about an argument beyond its type. */
export interface FieldMeta {
  readonly description?: string
  /** Other names for the same argument, as Ansible has them (`path`: `dest`, `name`). */
  readonly aliases?: readonly string[]
  readonly source?: SourceKind
  /** How a template is read: from the other arguments as they are rendered. */
  readonly reading?: (args: { readonly [name: string]: unknown }) => TemplateReading
  /** The text is a command line: its first word names the file, what follows is `Source.rest`. */
  readonly commandLine?: boolean
  /** Name of the boolean argument that makes the path one of the host instead (`remote_src`). */
  readonly sourceUnless?: string
  /** The same for one that says so by being false (`copy`). */
  readonly sourceWhile?: string
  /** The text is an expression like those of `when`, evaluated each time and never rendered as a template. */
  readonly expression?: boolean
  /** Never shown, whatever it holds. */
  readonly secret?: boolean
  /** Sentence to show when a YAML habit (`yes`, `0644`) gave a value of another type than wanted. */
  readonly trap?: string
}

export type Field<T> = z.ZodType<T>

export interface ArgsSchema<Args> {
  readonly type: z.ZodType<Args>
  readonly fields: Readonly<Record<string, z.ZodType>>
  /** Name of the argument that takes a bare text: `command: uptime`. */
  readonly freeForm: string | undefined
  /** Arguments of other names are allowed and passed on as they are (`set_fact`). */
  readonly open: boolean
}

const metas = new WeakMap<z.ZodType, FieldMeta>()

/** Meta data of a field, also through `optional` and `default`. */
export function metaOf(field: z.ZodType): FieldMeta {
  for (let type: z.ZodType | undefined = field; type; type = innerOf(type)) {
    const meta = metas.get(type)
    if (meta) return meta
  }
  return {}
}

function innerOf(type: z.ZodType): z.ZodType | undefined {
  return (type as { def?: { innerType?: z.ZodType } }).def?.innerType
}

function field<T extends z.ZodType>(type: T, description: string, more: Omit<FieldMeta, 'description'> = {}): T {
  const described = type.describe(description) as T
  metas.set(described, { description, ...more })
  return described
}

type More = Omit<FieldMeta, 'description'>

const truthy = new Set(['yes', 'on', 'true', 'y', 't', '1'])
const falsy = new Set(['no', 'off', 'false', 'n', 'f', '0'])

/** Booleans as Ansible reads them: true/false, yes/no, on/off, 1/0. */
function toBoolean(value: unknown): unknown {
  if (typeof value === 'string') {
    if (truthy.has(value.toLowerCase())) return true
    if (falsy.has(value.toLowerCase())) return false
  }
  return value === 1 ? true : value === 0 ? false : value
}

const toNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value
const toText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'bigint' ? String(value) : value

/** `0644` read as octal by YAML is 420 and means mode 0644; the text `0644` or `644` is octal; symbolic modes pass. */
function toMode(value: unknown): unknown {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value <= 0o7777 ? `0${value.toString(8)}` : value
  return typeof value === 'string' && /^[0-7]{3,4}$/.test(value) ? `0${value.replace(/^0(?=[0-7]{3})/, '')}` : value
}

const notSecret = (value: unknown): boolean => !(value instanceof Secret) && !(value instanceof Unknown)

/** The vocabulary of argument types. Every field carries its own description. */
export const s = {
  /** Text that is shown; numbers are taken as text, secrets are refused. */
  string: (description: string, more: More = {}) => field(z.preprocess(toText, z.string()), description, more),
  /** Text that may be a secret. */
  text: (description: string, more: More = {}) =>
    field(
      z.preprocess(
        toText,
        z.custom<Text>((value) => typeof value === 'string' || value instanceof Secret, 'expected text'),
      ),
      description,
      more,
    ),
  /** Text that is a secret whatever it was written as. */
  secret: (description: string, more: More = {}) =>
    field(
      z.preprocess(
        (value) =>
          typeof value === 'string' || typeof value === 'number' ? new Secret(String(value), 'argument') : value,
        z.custom<Secret>((value) => value instanceof Secret, 'expected text'),
      ),
      description,
      { ...more, secret: true },
    ),
  /** A whole number; `min` and `max` are included. */
  int: (description: string, more: More & { readonly min?: number; readonly max?: number } = {}) => {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, ...meta } = more
    return field(z.preprocess(toNumber, z.int().min(min).max(max)), description, meta)
  },
  number: (description: string, more: More = {}) => field(z.preprocess(toNumber, z.number()), description, more),
  boolean: (description: string, more: More = {}) => field(z.preprocess(toBoolean, z.boolean()), description, more),
  choice: <const T extends readonly [string, ...string[]]>(choices: T, description: string, more: More = {}) =>
    field(
      z.preprocess(
        (value) =>
          value === true && choices.includes('yes') ? 'yes' : value === false && choices.includes('no') ? 'no' : value,
        z.enum(choices),
      ),
      description,
      more,
    ),
  /** Permission bits: octal text (`"0644"`, YAML's `0644`), or symbolic (`u=rw,go=r`). */
  mode: (description: string, more: More = {}) =>
    field(
      z.preprocess(
        toMode,
        z
          .string()
          .regex(
            /^(0[0-7]{3,4}|[ugoa]*[-+=][rwxXst]*(,[ugoa]*[-+=][rwxXst]*)*)$/,
            'expected an octal mode such as "0644" or a symbolic one such as "u=rw,go=r"',
          ),
      ),
      description,
      more,
    ),
  list: <T>(item: Field<T>, description: string, more: More = {}) =>
    field(
      z.preprocess(
        (value) => (value === undefined || value === null || Array.isArray(value) ? value : [value]),
        z.array(item),
      ),
      description,
      more,
    ),
  /** A list that may also be written as one comma-separated text, as Ansible allows. */
  words: (description: string, more: More = {}) =>
    field(
      z.preprocess(
        (value) =>
          typeof value === 'string'
            ? value
                .split(',')
                .map((word) => word.trim())
                .filter((word) => word !== '')
            : value,
        z.array(z.preprocess(toText, z.string())),
      ),
      description,
      more,
    ),
  map: <T>(value: Field<T>, description: string, more: More = {}) =>
    field(z.record(z.string(), value), description, more),
  object: <S extends Readonly<Record<string, z.ZodType>>>(shape: S, description: string, more: More = {}) =>
    field(z.strictObject(shape), description, more),
  /** Any value: JSON with secrets inside. */
  any: (description: string, more: More = {}) =>
    field(
      z.custom<import('./plain.ts').Value>((value) => value !== undefined),
      description,
      more,
    ),
  union: <A, B>(a: Field<A>, b: Field<B>, description: string, more: More = {}) =>
    field(z.union([a, b]), description, more),
  /** A file beside the playbook (`files/`), read by the loader. */
  file: (description: string, more: More = {}) => field(source(), description, { ...more, source: 'file' }),
  /** A command line that begins with a file beside the playbook. */
  commandLine: (description: string, more: More = {}) =>
    field(source(), description, { ...more, source: 'file', commandLine: true }),
  /** A template beside the playbook (`templates/`), rendered by the loader with the variables of the host. */
  template: (description: string, more: More = {}) => field(source(), description, { ...more, source: 'template' }),
  /** An expression such as those of `when`; the module gets its text and its value. A list of them needs `{ expression: true }` too. */
  expression: (description: string, more: More = {}) =>
    field(
      z.custom<Evaluated>((value) => typeof value === 'object' && value !== null && 'text' in value),
      description,
      { ...more, expression: true },
    ),
  /** The whole of a module's arguments. */
  args: <S extends Readonly<Record<string, z.ZodType>>>(
    shape: S,
    options: { readonly freeForm?: keyof S & string; readonly open?: boolean } = {},
  ): ArgsSchema<z.output<z.ZodObject<S>>> => ({
    type: (options.open ? z.looseObject(shape) : z.strictObject(shape)) as unknown as z.ZodType<
      z.output<z.ZodObject<S>>
    >,
    fields: shape,
    freeForm: options.freeForm,
    open: options.open ?? false,
  }),
}

function source(): z.ZodType<Source> {
  return z.custom<Source>(
    (value) => typeof value === 'object' && value !== null && notSecret(value) && 'sha256' in value,
    'expected the path of a file',
  )
}

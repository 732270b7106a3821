import { didYouMean } from '../../core/closest.ts'
import { isDict, isList } from './dicts.ts'
import { Fault } from './error.ts'
import { isFloat } from './operators.ts'
import { keyOf, kindOf, numberOf, truthy } from './python.ts'
import { open } from './secrecy.ts'
import { str } from './text.ts'
import { type Item, isHidden, LazyMapping, Undefined } from './values.ts'

/**
 * The arguments of one call of a filter, a test, a lookup or a method, by name. A list of parameters is written as
 * `'width first=…'`-like words: plain names in order, `*rest` for the remaining ones, `**more` for other names.
 */
export class Arguments {
  readonly #what: string
  readonly #values: ReadonlyMap<string, Item>
  /** What `*rest` took. */
  readonly rest: readonly Item[]
  /** What `**more` took. */
  readonly more: ReadonlyMap<string, Item>

  constructor(what: string, values: ReadonlyMap<string, Item>, rest: readonly Item[], more: ReadonlyMap<string, Item>) {
    this.#what = what
    this.#values = values
    this.rest = rest
    this.more = more
  }

  /** The argument, or undefined when it was not given. */
  get(name: string): Item | undefined {
    return this.#values.get(name)
  }

  /** The argument; throws when it was not given. */
  need(name: string): Item {
    const value = this.#values.get(name)
    if (value === undefined) throw this.fault(`needs the argument "${name}"`)
    return value
  }

  /** The argument as text; throws when it was not given and there is no fallback, and for a secret that is not opened. */
  text(name: string, fallback?: string): string {
    const value = this.#values.get(name)
    if ((value === undefined || value === null) && fallback !== undefined) return fallback
    const given = this.need(name)
    if (typeof given === 'string') return given
    if (isHidden(given)) throw this.fault(`cannot take the secret ${given.toString()} as "${name}"`)
    if (isList(given) || isDict(given) || given === null || given instanceof LazyMapping)
      throw this.fault(`needs a text as "${name}", and this is ${kindOf(given)}`)
    return str(given)
  }

  /** The argument as text, undefined when it was not given or is None. */
  maybeText(name: string): string | undefined {
    const value = this.#values.get(name)
    return value === undefined || value === null ? undefined : this.text(name)
  }

  /** The argument as a number; texts that are numbers are taken for one. */
  number(name: string, fallback?: number): number {
    const value = this.#values.get(name)
    if ((value === undefined || value === null) && fallback !== undefined) return fallback
    const given = open(this.need(name))
    const number = typeof given === 'string' && given.trim() !== '' ? Number(given) : numberOf(given)
    if (number === undefined || Number.isNaN(Number(number)))
      throw this.fault(`needs a number as "${name}", and this is ${kindOf(given)}`)
    return Number(number)
  }

  /** The argument as a whole number. */
  integer(name: string, fallback?: number): number {
    const number = this.number(name, fallback)
    const given = this.#values.get(name)
    if (!Number.isInteger(number) || (given !== undefined && isFloat(given)))
      throw this.fault(`needs a whole number as "${name}"`)
    return number
  }

  /** The argument's truth. */
  flag(name: string, fallback = false): boolean {
    const value = this.#values.get(name)
    return value === undefined ? fallback : truthy(value)
  }

  /** The argument as a list. */
  list(name: string): readonly Item[] {
    const value = open(this.need(name))
    if (!isList(value)) throw this.fault(`needs a list as "${name}", and this is ${kindOf(value)}`)
    return value
  }

  fault(message: string): Fault {
    return new Fault('template-argument', `${this.#what} ${message}`)
  }
}

/** Sorts the arguments of a call onto its parameters; throws a Fault for one too many or of an unknown name. */
export function bindArguments(
  what: string,
  parameters: string,
  positional: readonly Item[],
  named: ReadonlyMap<string, Item>,
): Arguments {
  const names = parameters === '' ? [] : parameters.split(' ')
  const plain = names.filter((name) => !name.startsWith('*'))
  const takesRest = names.some((name) => name.startsWith('*') && !name.startsWith('**'))
  const takesMore = names.some((name) => name.startsWith('**'))
  const values = new Map<string, Item>()
  const rest: Item[] = []
  const more = new Map<string, Item>()
  positional.forEach((item, index) => {
    const name = plain[index]
    if (name !== undefined) values.set(name, item)
    else if (takesRest) rest.push(item)
    else
      throw new Fault(
        'template-argument',
        plain.length === 0
          ? `${what} takes no arguments`
          : `${what} takes at most ${plain.length} argument${plain.length === 1 ? '' : 's'}`,
        { mend: plain.length === 0 ? undefined : `its arguments: ${plain.join(', ')}` },
      )
  })
  for (const [name, item] of named) {
    if (plain.includes(name)) {
      if (values.has(name)) throw new Fault('template-argument', `${what} was given the argument "${name}" twice`)
      values.set(name, item)
    } else if (takesMore) more.set(name, item)
    else
      throw new Fault('template-argument', `${what} has no argument "${name}"`, {
        mend: didYouMean(name, plain, 'its arguments'),
      })
  }
  return new Arguments(what, values, rest, more)
}

/** Looks an entry up by an item; what does not exist is undefined. */
export function entry(of: Item, key: Item): Item | undefined {
  const container = open(of)
  if (container instanceof Undefined) throw container.fault()
  if (isDict(container)) {
    const name = keyOf(key)
    return Object.hasOwn(container, name) ? container[name] : undefined
  }
  if (container instanceof LazyMapping) return container.get(keyOf(key))
  const index = numberOf(open(key))
  if (isList(container) && index !== undefined) return container.at(Number(index))
  return undefined
}

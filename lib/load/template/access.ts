import { closest } from '../../core/closest.ts'
import { Unknown } from '../../core/unknown.ts'
import { isDict, isList } from './dicts.ts'
import { Fault } from './error.ts'
import { methodOf } from './methods.ts'
import { keyOf, kindOf, numberOf } from './python.ts'
import { hide, open, watch } from './secrecy.ts'
import { Group, type Item, isHidden, LazyMapping, Moment, Namespace, Span, Tuple, tuple, Undefined } from './values.ts'

/**
 * `item.name`: a method first, then an entry, as Python has it. What does not exist comes back as Undefined, and so
 * does anything asked of an Undefined, so that `default` can mend a whole chain. `label` names the item in errors.
 */
export function attributeOf(item: Item, name: string | number, label?: string): Item {
  return lookInto(item, name, label, true)
}

/** `item[key]`: an entry first, then a method. */
export function itemOf(item: Item, key: Item, label?: string): Item {
  return lookInto(item, key, label, false)
}

function lookInto(item: Item, key: Item, label: string | undefined, methodsFirst: boolean): Item {
  if (item instanceof Undefined || item instanceof Unknown) return item
  if (key instanceof Undefined) throw key.fault()
  if (isHidden(item)) {
    const { result, labels } = watch(() => lookInto(open(item), key, item.toString(), methodsFirst))
    return hide(result, labels)
  }
  const name = open(key)
  const method = typeof name === 'string' ? () => methodOf(item, name) : () => undefined
  const first = methodsFirst ? method() : entryOf(item, name)
  const found = first !== undefined ? first : methodsFirst ? entryOf(item, name) : method()
  return found === undefined ? missing(item, key, label) : found
}

function entryOf(item: Item, key: Item): Item | undefined {
  if (isDict(item)) {
    const name = keyOf(key)
    return Object.hasOwn(item, name) ? item[name] : undefined
  }
  if (item instanceof LazyMapping) return item.get(keyOf(key))
  if (item instanceof Namespace) return item.entries.get(keyOf(key))
  const index = numberOf(key)
  if (index !== undefined && isList(item)) return item.at(Number(index))
  if (index !== undefined && typeof item === 'string') return Array.from(item).at(Number(index))
  if (item instanceof Group) return key === 'grouper' ? item[0] : key === 'list' ? item[1] : undefined
  if (item instanceof Moment) return momentField(item, key)
  if (item instanceof Span) return spanField(item, key)
  return undefined
}

function momentField(moment: Moment, key: Item): Item | undefined {
  const date = new Date(moment.ms)
  const fields: Readonly<Record<string, number>> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    microsecond: date.getUTCMilliseconds() * 1000 + moment.microseconds,
  }
  return typeof key === 'string' && Object.hasOwn(fields, key) ? fields[key] : undefined
}

function spanField(span: Span, key: Item): Item | undefined {
  const days = Math.floor(span.ms / 86_400_000)
  if (key === 'days') return days
  if (key === 'seconds') return Math.floor((span.ms - days * 86_400_000) / 1000)
  if (key === 'microseconds') return (((span.ms % 1000) + 1000) % 1000) * 1000
  return undefined
}

function missing(item: Item, key: Item, label: string | undefined): Undefined {
  const name = isHidden(key) ? key.toString() : keyOf(key)
  return new Undefined(name, () => {
    const what = label === undefined ? kindOf(item) : `"${label}"`
    if (isList(item) && numberOf(open(key)) !== undefined)
      return new Fault(
        'undefined-variable',
        `${what} has ${item.length} item${item.length === 1 ? '' : 's'}, so there is no item ${name}`,
      )
    const names = isDict(item) ? Object.keys(item) : item instanceof LazyMapping ? [...item.keys()] : []
    const near = closest(name, names)
    const list = names.length > 0 && names.length <= 20 ? `it has: ${names.join(', ')}` : undefined
    return new Fault('undefined-variable', `${what} has no attribute "${name}"`, {
      mend: near === undefined ? list : `did you mean "${near}"?`,
    })
  })
}

/** `item[start:stop:step]`. */
export function sliceOf(item: Item, bounds: readonly (number | undefined)[]): Item {
  if (item instanceof Undefined || item instanceof Unknown) return item
  if (isHidden(item)) {
    const { result, labels } = watch(() => sliceOf(open(item), bounds))
    return hide(result, labels)
  }
  if (typeof item === 'string') return pick(Array.from(item), bounds).join('')
  if (item instanceof Tuple) return tuple(...pick(item, bounds))
  if (isList(item)) return pick(item, bounds)
  return new Undefined('', () => new Fault('undefined-variable', `${kindOf(item)} cannot be sliced`))
}

function pick<Part>(list: readonly Part[], [start, stop, step = 1]: readonly (number | undefined)[]): Part[] {
  if (step === 0) throw new Fault('template-argument', 'the step of a slice cannot be 0')
  if (step === 1) return list.slice(start, stop)
  const size = list.length
  const clamp = (value: number, low: number, high: number) =>
    Math.min(Math.max(value < 0 ? value + size : value, low), high)
  const out: Part[] = []
  if (step > 0) {
    const end = stop === undefined ? size : clamp(stop, 0, size)
    for (let index = start === undefined ? 0 : clamp(start, 0, size); index < end; index += step)
      out.push(list[index] as Part)
  } else {
    const end = stop === undefined ? -1 : clamp(stop, -1, size - 1)
    for (let index = start === undefined ? size - 1 : clamp(start, -1, size - 1); index > end; index += step)
      out.push(list[index] as Part)
  }
  return out
}

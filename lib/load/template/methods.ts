import { whenNeeded } from '../../core/when-needed.ts'
import { bindArguments } from './arguments.ts'
import { changingDictMethods, listMethods, readingDictMethods } from './container-methods.ts'
import { isDict, isList } from './dicts.ts'
import { withOpened } from './secrecy.ts'
import { str } from './text.ts'
import { type Method, textMethods } from './text-methods.ts'
import { Callable, float, type Item, LazyMapping, Moment, Span } from './values.ts'

const time = whenNeeded<typeof import('./time.ts')>('./time.ts', import.meta.url)

/** Methods that change what they are called on. */
export const changingMethods: ReadonlySet<string> = new Set([
  'append',
  'extend',
  'insert',
  'pop',
  'remove',
  'clear',
  'update',
  'setdefault',
  'reverse',
  'sort',
])

/** A method of a text, a list or a mapping, bound to it; undefined when it has none of that name. */
export function methodOf(item: Item, name: string): Callable | undefined {
  if (typeof item === 'string') return bind(textMethods, item, name, true)
  if (isList(item)) return bind(listMethods, item as Item[], name, false)
  if (item instanceof LazyMapping) return bind(readingDictMethods, item, name, false)
  if (item instanceof Moment) return bind(momentMethods, item, name, true)
  if (item instanceof Span) return bind(spanMethods, item, name, true)
  if (isDict(item))
    return (
      bind(readingDictMethods, item, name, false) ??
      bind(changingDictMethods, item as { [key: string]: Item }, name, false)
    )
  return undefined
}

function bind<Self>(
  methods: Readonly<Record<string, Method<Self>>>,
  self: Self,
  name: string,
  opens: boolean,
): Callable | undefined {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) return undefined
  return new Callable(name, (positional, named) => {
    if (!opens) return method.run(self, bindArguments(`.${name}()`, method.parameters, positional, named))
    return withOpened(`.${name}()`, [...positional, ...named.values()], (items) => {
      const opened = new Map([...named.keys()].map((key, index) => [key, items[positional.length + index] as Item]))
      return method.run(self, bindArguments(`.${name}()`, method.parameters, items.slice(0, positional.length), opened))
    })
  })
}

const momentMethods: Readonly<Record<string, Method<Moment>>> = {
  strftime: { parameters: 'format', run: (self, args) => time().formatMoment(self, args.text('format')) },
  isoformat: { parameters: '', run: (self) => str(self).replace(' ', 'T') },
  timestamp: { parameters: '', run: (self) => float(self.ms / 1000) },
  date: { parameters: '', run: (self) => new Moment(Math.floor(self.ms / 86_400_000) * 86_400_000) },
}

const spanMethods: Readonly<Record<string, Method<Span>>> = {
  total_seconds: { parameters: '', run: (self) => float(self.ms / 1000) },
}

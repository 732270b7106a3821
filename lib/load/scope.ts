import { problem } from '../core/diagnostic.ts'
import type { Layer as WrittenLayer } from '../core/inventory.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import { Secret } from '../core/secret.ts'
import { isLogin, keepTelling } from '../core/telling.ts'
import { positionOf } from './places.ts'
import { TemplateError } from './template/error.ts'
import { LazyMapping } from './template/values.ts'
import type { Templar } from './template.ts'

/** One source of variables: a file, the facts of a host, the vars of a task. Later changes of `values` need `variablesChanged`. */
export type Layer = WrittenLayer

export interface Found {
  readonly value: Value
  readonly layer: Layer
}

/** One layer's say on a variable, for explaining why it has its value. */
export interface Source {
  readonly layer: string
  /** As it was written, templates unrendered. */
  readonly raw: Value
  readonly at: Position | undefined
}

export interface Scope {
  /** The variable from the highest layer that has it, rendered in this scope; undefined when no layer has it. Throws TemplateError. */
  lookup(name: string): Found | undefined
  /** The value alone. */
  get(name: string): Value | undefined
  names(): ReadonlySet<string>
  /** The layer that wins and those that it hides, highest first; undefined when no layer has the variable. */
  explain(name: string): { readonly winner: Source; readonly losers: readonly Source[] } | undefined
  /** A scope with one more layer on top. Its values are taken as they are unless `more` says otherwise. */
  with(values: Layer['values'], more?: Partial<Omit<Layer, 'values'>>): Scope
  /** All variables that a value's templates may need, also by way of other variables; names that no layer has are among them. */
  dependsOn(value: Value, kind?: 'template' | 'expression'): ReadonlySet<string>
}

let epoch = 0

/** Makes every scope forget what it has rendered; to be called after the values of a layer were changed. */
export function variablesChanged(): void {
  epoch++
}

let lazyReads = 0

/**
 * A mapping whose values are made when a template asks for them, such as `hostvars`. Only templates can look inside;
 * what they make of it is made anew each time, since it can change without anybody saying so.
 */
export function lazyMapping(keys: () => Iterable<string>, get: (key: string) => Value | undefined): Value {
  const read = <Result>(look: () => Result): Result => {
    lazyReads++
    return look()
  }
  return new LazyMapping(
    () => read(keys),
    (key) => read(() => get(key)),
  ) as unknown as Value
}

/** A scope's variables as such a mapping: one entry of `hostvars`. */
export function lazyVariables(scope: Scope): Value {
  return lazyMapping(
    () => scope.names(),
    (name) => scope.get(name),
  )
}

interface Rendered {
  readonly value?: Value
  readonly error?: unknown
  /** The names that were asked for while rendering, this one's own not among them. */
  readonly asked: ReadonlySet<string>
  readonly epoch: number
}

/** A variable that is being rendered right now. */
interface Active {
  readonly layer: Layer
  readonly name: string
}

/** What all scopes of one templar share while they render: which variables are on the way, and what each asks for. */
interface Tracker {
  readonly active: Active[]
  readonly asking: Set<string>[]
}

const trackers = new WeakMap<Templar, Tracker>()

/** Makes a scope of layers, the lowest first: of two that have a variable, the later one wins. */
export function createScope(templar: Templar, layers: readonly Layer[]): Scope {
  let tracker = trackers.get(templar)
  if (!tracker) {
    tracker = { active: [], asking: [] }
    trackers.set(templar, tracker)
  }
  return new LayeredScope(templar, tracker, [...layers].reverse(), undefined)
}

const noNames: ReadonlySet<string> = new Set()

class LayeredScope implements Scope {
  readonly #templar: Templar
  readonly #tracker: Tracker
  /** This scope's own layers, highest first; they lie over all those of the parent. */
  readonly #own: readonly Layer[]
  readonly #all: readonly Layer[]
  readonly #parent: LayeredScope | undefined
  readonly #cache = new Map<string, Rendered>()

  constructor(templar: Templar, tracker: Tracker, own: readonly Layer[], parent: LayeredScope | undefined) {
    this.#templar = templar
    this.#tracker = tracker
    this.#own = own
    this.#parent = parent
    this.#all = parent ? [...own, ...parent.#all] : own
  }

  lookup(name: string): Found | undefined {
    const asking = this.#tracker.asking.at(-1)
    asking?.add(name)
    const layer = this.#layerOf(name)
    if (!layer) return undefined
    const rendered = this.#rendered(name, layer)
    if (asking) for (const one of rendered.asked) asking.add(one)
    if ('error' in rendered) throw rendered.error
    return { value: rendered.value as Value, layer }
  }

  get(name: string): Value | undefined {
    return this.lookup(name)?.value
  }

  names(): ReadonlySet<string> {
    const names = new Set<string>()
    for (const layer of this.#all) for (const name of Object.keys(layer.values)) names.add(name)
    return names
  }

  explain(name: string): { readonly winner: Source; readonly losers: readonly Source[] } | undefined {
    const [winner, ...losers] = this.#all
      .filter((layer) => Object.hasOwn(layer.values, name))
      .map((layer) => ({ layer: layer.name, raw: layer.values[name] as Value, at: layer.positionOf?.(name) }))
    return winner && { winner, losers }
  }

  with(values: Layer['values'], more: Partial<Omit<Layer, 'values'>> = {}): Scope {
    return new LayeredScope(this.#templar, this.#tracker, [{ name: 'loop', literal: true, ...more, values }], this)
  }

  dependsOn(value: Value, kind: 'template' | 'expression' = 'template'): ReadonlySet<string> {
    const found = new Set<string>()
    const visit = (one: Value, how: 'template' | 'expression') => {
      if (typeof one === 'string') for (const name of this.#templar.references(one, how)) follow(name)
      else if (Array.isArray(one)) for (const item of one as readonly Value[]) visit(item, how)
      else if (isMapping(one))
        for (const [key, item] of Object.entries(one)) {
          visit(key, 'template')
          visit(item, how)
        }
    }
    const follow = (name: string) => {
      if (found.has(name)) return
      found.add(name)
      const layer = this.#layerOf(name)
      if (layer && !layer.literal) visit(layer.values[name] as Value, 'template')
    }
    visit(value, kind)
    return found
  }

  #layerOf(name: string): Layer | undefined {
    return this.#all.find((layer) => Object.hasOwn(layer.values, name))
  }

  #rendered(name: string, layer: Layer): Rendered {
    const known = this.#cache.get(name)
    if (known && known.epoch === epoch) return known
    const readsBefore = lazyReads
    const rendered = this.#fromParent(name, layer) ?? guarded(name, this.#render(name, layer))
    if (lazyReads === readsBefore) this.#cache.set(name, rendered)
    return rendered
  }

  /** The parent's rendering, where nothing that it asked for is different here. */
  #fromParent(name: string, layer: Layer): Rendered | undefined {
    if (!this.#parent || this.#own.includes(layer)) return undefined
    const rendered = this.#parent.#rendered(name, layer)
    for (const asked of rendered.asked) if (this.#own.some((own) => Object.hasOwn(own.values, asked))) return undefined
    return rendered
  }

  #render(name: string, layer: Layer): Rendered {
    const raw = layer.values[name] as Value
    if (layer.literal || (typeof raw !== 'string' && !Array.isArray(raw) && !isMapping(raw)))
      return { value: raw, asked: noNames, epoch }
    const { active, asking } = this.#tracker
    const again = active.findIndex((one) => one.layer === layer && one.name === name)
    if (again >= 0) throw circular(active.slice(again))
    const asked = new Set<string>()
    const startedAt = epoch
    active.push({ layer, name })
    asking.push(asked)
    try {
      const at = (path: readonly (string | number)[]) => positionOf(raw, path) ?? layer.positionOf?.(name)
      return { value: this.#templar.renderDeep(raw, this, at), asked, epoch: startedAt }
    } catch (error) {
      return { error, asked, epoch: startedAt }
    } finally {
      active.pop()
      asking.pop()
    }
  }
}

/** What a name tells of its value: a password to log in with is a secret, and what looks like one is kept from sight. */
function guarded(name: string, rendered: Rendered): Rendered {
  const { value } = rendered
  if (isLogin(name) && typeof value === 'string' && value !== '') return { ...rendered, value: new Secret(value, name) }
  keepTelling(name, value)
  return rendered
}

/** Variables that need one another, from one place to the next. */
function circular(chain: readonly Active[]): TemplateError {
  const [first] = chain
  const names = [...chain.map(({ name }) => name), first?.name].join(' → ')
  const places = chain.map(({ layer, name }) => {
    const at = layer.positionOf?.(name)
    return `${name} in ${at ? `${at.file}:${at.line}:${at.col}` : layer.name}`
  })
  return new TemplateError(
    problem(
      'circular-variables',
      chain.length === 1 ? `the variable "${first?.name}" needs itself` : `these variables need one another: ${names}`,
      {
        at: first?.layer.positionOf?.(first.name),
        detail: places.join('\n'),
        mend: 'give one of them a value of its own',
      },
    ),
  )
}

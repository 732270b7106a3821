import { closest } from '../../core/closest.ts'
import { Unknown } from '../../core/unknown.ts'
import { attributeOf, itemOf, sliceOf } from './access.ts'
import type { Args, Expression } from './ast.ts'
import { type Budget, deeper, limit, step } from './budget.ts'
import { entryName } from './container-methods.ts'
import { dictOf, isDict, isList, put } from './dicts.ts'
import { Fault } from './error.ts'
import { changingMethods } from './methods.ts'
import { binary, concat, negative } from './operators.ts'
import { compare, contains, equals, iterate, kindOf, numberOf, truthy } from './python.ts'
import { open, touch, watch } from './secrecy.ts'
import { Callable, Float, Hidden, type Item, isHidden, LazyMapping, tuple, Undefined, UnknownSignal } from './values.ts'

/** Names that a template has given values to; an inner frame sees the outer one. */
export interface Frame {
  readonly names: Map<string, Item>
  readonly parent: Frame | undefined
}

/** What a template can reach beyond itself. */
export interface Runtime {
  /** The value of a variable, rendered; undefined when there is none of that name. */
  variable(name: string): Item | undefined
  variableNames(): Iterable<string>
  /** Lets variables that hold `before` hold `after` for the rest of this rendering. */
  replace(before: Item, after: Item): void
  /** What is there for every template under that name: `range`, `lookup` … */
  global(name: string): Item | undefined
  globalNames(): Iterable<string>
  filter(name: string, input: Item, positional: readonly Item[], named: ReadonlyMap<string, Item>): Item
  test(name: string, input: Item, positional: readonly Item[], named: ReadonlyMap<string, Item>): boolean
  /** Lists and mappings that this rendering made itself, and so may change. */
  readonly owned: WeakSet<object>
  readonly budget: Budget
}

/** The value of an expression; faults leave with the place of the innermost expression they happened in. */
export function evaluate(node: Expression, frame: Frame, runtime: Runtime): Item {
  step(runtime.budget)
  try {
    return evaluateNode(node, frame, runtime)
  } catch (error) {
    if (error instanceof UnknownSignal) return error.unknown
    if (error instanceof Fault && error.offset === undefined) error.offset = node.at
    if (error instanceof RangeError && /call stack/i.test(error.message)) throw limit('the template leads too deep')
    throw error
  }
}

function evaluateNode(node: Expression, frame: Frame, runtime: Runtime): Item {
  switch (node.kind) {
    case 'constant':
      return node.value
    case 'float':
      return Number.isInteger(node.value) ? new Float(node.value) : node.value
    case 'name':
      return nameValue(node.name, frame, runtime)
    case 'list':
      return ownedBy(
        runtime,
        node.items.map((item) => evaluate(item, frame, runtime)),
      )
    case 'tuple':
      return tuple(...node.items.map((item) => evaluate(item, frame, runtime)))
    case 'dict':
      return evaluateDict(node, frame, runtime)
    case 'attribute': {
      const of = evaluate(node.of, frame, runtime)
      const found = attributeOf(of, node.name)
      return found instanceof Undefined && found !== of ? attributeOf(of, node.name, describe(node.of)) : found
    }
    case 'item': {
      const of = evaluate(node.of, frame, runtime)
      const key = evaluate(node.key, frame, runtime)
      if (key instanceof Unknown) return key
      const found = itemOf(of, key)
      return found instanceof Undefined && found !== of ? itemOf(of, key, describe(node.of)) : found
    }
    case 'slice': {
      const of = evaluate(node.of, frame, runtime)
      return sliceOf(
        of,
        node.bounds.map((bound) => (bound === undefined ? undefined : boundOf(evaluate(bound, frame, runtime)))),
      )
    }
    case 'call':
      return evaluateCall(node, frame, runtime)
    case 'filter': {
      const input = evaluate(node.input as Expression, frame, runtime)
      return applyFilter(node, input, frame, runtime)
    }
    case 'test':
      return evaluateTest(node, frame, runtime)
    case 'not':
      return !truthy(evaluate(node.of, frame, runtime))
    case 'negative':
      return negative(evaluate(node.of, frame, runtime))
    case 'positive':
      return negative(negative(evaluate(node.of, frame, runtime)))
    case 'and':
    case 'or': {
      const left = evaluate(node.left, frame, runtime)
      const { result: yes, labels } = watch(() => truthy(left))
      touch(labels)
      return yes === (node.kind === 'or') ? left : hideText(evaluate(node.right, frame, runtime), labels)
    }
    case 'binary': {
      const left = evaluate(node.left, frame, runtime)
      const result = binary(node.operator, left, evaluate(node.right, frame, runtime))
      return isList(result) ? ownedBy(runtime, result) : result
    }
    case 'concat':
      return concat(node.items.map((item) => evaluate(item, frame, runtime)))
    case 'compare':
      return evaluateCompare(node, frame, runtime)
    case 'choice': {
      const { result: yes, labels } = watch(() => truthy(evaluate(node.test, frame, runtime)))
      touch(labels)
      if (yes) return hideText(evaluate(node.whenTrue, frame, runtime), labels)
      if (node.otherwise) return hideText(evaluate(node.otherwise, frame, runtime), labels)
      return new Undefined(
        '',
        () =>
          new Fault('undefined-variable', 'the condition of this inline `if` is false, and it has no `else`', {
            offset: node.at,
          }),
        true,
      )
    }
  }
}

/** A text that was chosen by looking at a secret says something about it. */
function hideText(item: Item, labels: ReadonlySet<string>): Item {
  return labels.size > 0 && typeof item === 'string' ? new Hidden(item, labels) : item
}

function ownedBy<Container extends object>(runtime: Runtime, container: Container): Container {
  runtime.owned.add(container)
  return container
}

/** How an expression is named in errors. */
function describe(node: Expression): string | undefined {
  if (node.kind === 'name') return node.name
  if (node.kind === 'attribute') {
    const of = describe(node.of)
    return of === undefined ? undefined : `${of}.${node.name}`
  }
  if (node.kind === 'item' && node.key.kind === 'constant') {
    const of = describe(node.of)
    return of === undefined
      ? undefined
      : `${of}[${typeof node.key.value === 'string' ? `'${node.key.value}'` : node.key.value}]`
  }
  return undefined
}

/** A name's value: the template's own names first, then variables, then what is there for every template. */
export function nameValue(name: string, frame: Frame, runtime: Runtime): Item {
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    const found = at.names.get(name)
    if (found !== undefined) return found
  }
  const variable = runtime.variable(name)
  const found = variable === undefined ? runtime.global(name) : variable
  if (found !== undefined) return found
  return new Undefined(name, () => {
    const near = closest(name, [...ownNames(frame), ...runtime.variableNames(), ...runtime.globalNames()])
    return new Fault('undefined-variable', `the variable "${name}" is not defined`, {
      mend:
        near === undefined
          ? `define it, or give a default: {{ ${name} | default('…') }}; a text needs quotes: '${name}'`
          : `did you mean "${near}"?`,
    })
  })
}

function* ownNames(frame: Frame): Iterable<string> {
  for (let at: Frame | undefined = frame; at; at = at.parent) yield* at.names.keys()
}

function evaluateDict(node: Extract<Expression, { kind: 'dict' }>, frame: Frame, runtime: Runtime): Item {
  const dict: { [key: string]: Item } = {}
  for (const [key, value] of node.entries)
    put(dict, entryName(evaluate(key, frame, runtime)), evaluate(value, frame, runtime))
  return ownedBy(runtime, dict)
}

function boundOf(item: Item): number | undefined {
  if (item === null) return undefined
  if (item instanceof Unknown) throw new UnknownSignal(item)
  if (item instanceof Undefined) throw item.fault()
  const number = numberOf(open(item))
  if (number === undefined || !Number.isInteger(Number(number)))
    throw new Fault('template-type', `a slice needs whole numbers, and this is ${kindOf(item)}`, { mend: 'use | int' })
  return Number(number)
}

function evaluateCompare(node: Extract<Expression, { kind: 'compare' }>, frame: Frame, runtime: Runtime): Item {
  let left = evaluate(node.left, frame, runtime)
  for (const { operator, right: rightNode } of node.rest) {
    const right = evaluate(rightNode, frame, runtime)
    if (!compareBy(operator, left, right)) return false
    left = right
  }
  return true
}

function compareBy(operator: string, left: Item, right: Item): boolean {
  switch (operator) {
    case '==':
      return equals(left, right)
    case '!=':
      return !equals(left, right)
    case 'in':
      return contains(right, left)
    case 'not in':
      return !contains(right, left)
    case '<':
      return compare(left, right) < 0
    case '<=':
      return compare(left, right) <= 0
    case '>':
      return compare(left, right) > 0
    default:
      return compare(left, right) >= 0
  }
}

function evaluateTest(node: Extract<Expression, { kind: 'test' }>, frame: Frame, runtime: Runtime): Item {
  const input = evaluate(node.input, frame, runtime)
  if (input instanceof Unknown) {
    const asksDefined = node.name === 'defined' || node.name === 'undefined'
    if (asksDefined && node.input.kind === 'name') return node.name === 'defined'
    return input
  }
  const { positional, named } = evaluateArgs(node.args, frame, runtime)
  return runtime.test(node.name, input, positional, named)
}

/** One filter on an input. */
export function applyFilter(
  node: Extract<Expression, { kind: 'filter' }>,
  input: Item,
  frame: Frame,
  runtime: Runtime,
): Item {
  const { positional, named } = evaluateArgs(node.args, frame, runtime)
  return runtime.filter(node.name, input, positional, named)
}

/** The values of arguments; what stands behind `*` and `**` is spread out. */
export function evaluateArgs(
  args: Args,
  frame: Frame,
  runtime: Runtime,
): { readonly positional: readonly Item[]; readonly named: ReadonlyMap<string, Item> } {
  const positional = args.positional.map((one) => evaluate(one, frame, runtime))
  const named = new Map(args.named.map(([name, value]) => [name, evaluate(value, frame, runtime)]))
  if (args.spread) positional.push(...iterate(evaluate(args.spread, frame, runtime)))
  if (args.namedSpread) {
    const more = evaluate(args.namedSpread, frame, runtime)
    if (!isDict(more)) throw new Fault('template-type', `\`**\` needs a mapping, and this is ${kindOf(more)}`)
    for (const [name, value] of Object.entries(more)) named.set(name, value)
  }
  return { positional, named }
}

function evaluateCall(node: Extract<Expression, { kind: 'call' }>, frame: Frame, runtime: Runtime): Item {
  const { callee } = node
  let target: Item
  if (callee.kind === 'attribute' && changingMethods.has(callee.name)) {
    const self = changeable(callee.of, frame, runtime)
    target = attributeOf(self, callee.name, describe(callee.of))
  } else target = evaluate(callee, frame, runtime)
  const { positional, named } = evaluateArgs(node.args, frame, runtime)
  if (target instanceof Unknown) return target
  if (target instanceof Undefined) {
    if (callee.kind !== 'name') throw target.fault()
    const near = closest(target.name, runtime.globalNames())
    throw new Fault('undefined-variable', `there is no function "${target.name}"`, {
      mend: near === undefined ? undefined : `did you mean "${near}"?`,
    })
  }
  if (!(target instanceof Callable))
    throw new Fault('template-type', `${kindOf(target)} cannot be called like a function`, {
      mend: isHidden(target) || callee.kind !== 'name' ? undefined : `leave the parentheses away: ${callee.name}`,
    })
  const { call } = target
  return deeper(runtime.budget, () => call(positional, named))
}

/** The list or mapping that a method is about to change: only what this rendering made itself, or a copy in its place. */
function changeable(node: Expression, frame: Frame, runtime: Runtime): Item {
  const self = evaluate(node, frame, runtime)
  if (typeof self !== 'object' || self === null || runtime.owned.has(self)) return self
  if (self instanceof LazyMapping) throw new Fault('template-change', 'this mapping cannot be changed')
  if (!isList(self) && !isDict(self)) return self
  if (node.kind !== 'name')
    throw new Fault('template-change', 'a template cannot change a variable', {
      mend: 'make a new value with + or | combine',
    })
  const copy: Item = ownedBy(runtime, isList(self) ? [...self] : dictOf(Object.entries(self)))
  for (let at: Frame | undefined = frame; at; at = at.parent)
    for (const [name, value] of at.names) if (value === self) at.names.set(name, copy)
  runtime.replace(self, copy)
  return copy
}

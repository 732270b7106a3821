import { Unknown } from '../../core/unknown.ts'
import type { Parameter, Statement, Target } from './ast.ts'
import { deeper, step } from './budget.ts'
import { firstOf } from './dicts.ts'
import { Fault } from './error.ts'
import { applyFilter, evaluate, evaluateArgs, type Frame, type Runtime } from './evaluate.ts'
import { LoopEntries } from './loop.ts'
import { Output } from './output.ts'
import { iterate, truthy } from './python.ts'
import { hide, touch, watch } from './secrecy.ts'
import { str } from './text.ts'
import { Callable, type Item, Namespace, tuple, Undefined, UnknownSignal } from './values.ts'

/** What statements need besides what expressions need. */
export interface StatementRuntime extends Runtime {
  /** Another template by the name it is included under; undefined when there is none. */
  template(
    name: string,
  ): { readonly body: readonly Statement[]; within<Result>(work: () => Result): Result } | undefined
}

/** Runs statements one after the other. */
export function run(statements: readonly Statement[], frame: Frame, out: Output, runtime: StatementRuntime): void {
  for (const statement of statements) {
    step(runtime.budget)
    try {
      runOne(statement, frame, out, runtime)
    } catch (error) {
      if (error instanceof Fault && error.offset === undefined) error.offset = statement.at
      throw error
    }
  }
}

function runOne(statement: Statement, frame: Frame, out: Output, runtime: StatementRuntime): void {
  switch (statement.kind) {
    case 'text':
      out.text(statement.text)
      return
    case 'output':
      out.value(evaluate(statement.value, frame, runtime))
      return
    case 'if': {
      const branch = statement.branches.find(({ test }) => truthy(evaluate(test, frame, runtime)))
      run(branch ? branch.body : statement.otherwise, frame, out, runtime)
      return
    }
    case 'for':
      runFor(statement, frame, out, runtime)
      return
    case 'set':
      assign(statement.target, evaluate(statement.value, frame, runtime), frame, runtime)
      return
    case 'set-block': {
      const body = capture(statement.body, inner(frame), runtime)
      const value = statement.filter ? throughFilters(statement.filter, body, frame, runtime) : body
      assign(statement.target, value, frame, runtime)
      return
    }
    case 'macro':
      frame.names.set(statement.name, macro(statement.name, statement.parameters, statement.body, frame, runtime))
      return
    case 'call-block': {
      const caller = macro('caller', statement.parameters, statement.body, frame, runtime)
      const callee = evaluate(statement.call.callee, frame, runtime)
      if (!(callee instanceof Callable)) throw new Fault('template-type', 'there is no macro of that name')
      const { positional, named } = evaluateArgs(statement.call.args, frame, runtime)
      out.value(deeper(runtime.budget, () => callee.call(positional, new Map([...named, ['caller', caller]]))))
      return
    }
    case 'filter-block':
      out.value(throughFilters(statement.filter, capture(statement.body, inner(frame), runtime), frame, runtime))
      return
    case 'with': {
      const scope = inner(frame)
      for (const [target, value] of statement.names) assign(target, evaluate(value, frame, runtime), scope, runtime)
      run(statement.body, scope, out, runtime)
      return
    }
    case 'block':
      run(statement.body, inner(frame), out, runtime)
      return
    case 'include':
      runInclude(statement, frame, out, runtime)
      return
    case 'import':
      frame.names.set(statement.as, imported(statement, frame, runtime))
      return
    case 'from': {
      const module = imported(statement, frame, runtime)
      for (const [name, as] of statement.names) {
        const found = module.entries.get(name)
        if (found === undefined)
          throw new Fault('undefined-variable', `${module.title} has no macro or variable "${name}"`)
        frame.names.set(as, found)
      }
    }
  }
}

function inner(frame: Frame): Frame {
  return { names: new Map(), parent: frame }
}

/** What statements put out, as one text; hidden when a secret had a part in it. */
function capture(body: readonly Statement[], frame: Frame, runtime: StatementRuntime): Item {
  const { result, labels } = watch(() => {
    const out = new Output()
    run(body, frame, out, runtime)
    return out.join()
  })
  return hide(result, labels)
}

function throughFilters(
  node: Parameters<typeof evaluate>[0],
  input: Item,
  frame: Frame,
  runtime: StatementRuntime,
): Item {
  if (node.kind !== 'filter') throw new Fault('template-syntax', 'only filters may stand here', { offset: node.at })
  return applyFilter(node, node.input ? throughFilters(node.input, input, frame, runtime) : input, frame, runtime)
}

function assign(target: Target, value: Item, frame: Frame, runtime: StatementRuntime): void {
  if (target.kind === 'name') frame.names.set(target.name, value)
  else if (target.kind === 'field') {
    const object = evaluate({ kind: 'name', at: target.at, name: target.object }, frame, runtime)
    if (!(object instanceof Namespace))
      throw new Fault('template-type', `"${target.object}" is not a namespace, so it cannot be assigned to`, {
        offset: target.at,
        mend: `{% set ${target.object} = namespace(${target.name}=…) %}`,
      })
    object.entries.set(target.name, value)
  } else {
    const values = iterate(value)
    if (values.length !== target.items.length)
      throw new Fault(
        'template-type',
        `${target.items.length} names are to be set, but there are ${values.length} values`,
        {
          offset: target.at,
        },
      )
    target.items.forEach((one, index) => {
      assign(one, values[index] as Item, frame, runtime)
    })
  }
}

function runFor(
  statement: Extract<Statement, { kind: 'for' }>,
  frame: Frame,
  out: Output,
  runtime: StatementRuntime,
): void {
  const { result: all, labels } = watch(() => iterate(evaluate(statement.of, frame, runtime)))
  touch(labels)
  const { test } = statement
  const items = test
    ? all.filter((item) => {
        const scope = inner(frame)
        assign(statement.target, item, scope, runtime)
        return truthy(evaluate(test, scope, runtime))
      })
    : all
  if (items.length === 0) {
    run(statement.otherwise, inner(frame), out, runtime)
    return
  }
  const entries = new LoopEntries(items)
  const loop = new Namespace(entries, 'loop')
  items.forEach((item, index) => {
    const scope = inner(frame)
    entries.index = index
    scope.names.set('loop', loop)
    assign(statement.target, item, scope, runtime)
    run(statement.body, scope, out, runtime)
  })
}

function macro(
  name: string,
  parameters: readonly Parameter[],
  body: readonly Statement[],
  defined: Frame,
  runtime: StatementRuntime,
): Callable {
  return new Callable(name, (positional, named) => {
    const scope = inner(defined)
    const rest = new Map(named)
    const caller = rest.get('caller')
    if (caller !== undefined) {
      rest.delete('caller')
      scope.names.set('caller', caller)
    }
    parameters.forEach((parameter, index) => {
      const given = firstOf(positional[index], rest.get(parameter.name))
      rest.delete(parameter.name)
      scope.names.set(parameter.name, given === undefined ? fallbackOf(parameter, name, scope, runtime) : given)
    })
    scope.names.set('varargs', tuple(...positional.slice(parameters.length)))
    scope.names.set('kwargs', Object.fromEntries(rest))
    return capture(body, scope, runtime)
  })
}

function fallbackOf(parameter: Parameter, macroName: string, scope: Frame, runtime: StatementRuntime): Item {
  if (parameter.fallback) return evaluate(parameter.fallback, scope, runtime)
  return new Undefined(
    parameter.name,
    () =>
      new Fault('undefined-variable', `the macro "${macroName}" was called without its parameter "${parameter.name}"`),
  )
}

function templateNames(item: Item): readonly string[] {
  if (item instanceof Undefined) throw item.fault()
  if (item instanceof Unknown) throw new UnknownSignal(item)
  return typeof item === 'string' ? [item] : iterate(item).map(str)
}

function findTemplate(names: readonly string[], runtime: StatementRuntime) {
  for (const name of names) {
    const found = runtime.template(name)
    if (found) return found
  }
  return undefined
}

function notFound(names: readonly string[]): Fault {
  return new Fault('template-not-found', `there is no template ${names.map((name) => `"${name}"`).join(' or ')}`)
}

function runInclude(
  statement: Extract<Statement, { kind: 'include' }>,
  frame: Frame,
  out: Output,
  runtime: StatementRuntime,
): void {
  const names = templateNames(evaluate(statement.template, frame, runtime))
  const found = findTemplate(names, runtime)
  if (!found) {
    if (statement.ignoreMissing) return
    throw notFound(names)
  }
  const scope: Frame = statement.context ? inner(frame) : { names: new Map(), parent: undefined }
  deeper(runtime.budget, () => found.within(() => run(found.body, scope, out, runtime)))
}

function imported(
  statement: Extract<Statement, { kind: 'import' | 'from' }>,
  frame: Frame,
  runtime: StatementRuntime,
): Namespace {
  const names = templateNames(evaluate(statement.template, frame, runtime))
  const found = findTemplate(names, runtime)
  if (!found) throw notFound(names)
  const scope: Frame = statement.context ? inner(frame) : { names: new Map(), parent: undefined }
  deeper(runtime.budget, () => found.within(() => run(found.body, scope, new Output(), runtime)))
  return new Namespace(scope.names, `the template "${names[0]}"`)
}

import { problem } from '../core/diagnostic.ts'
import type { Position, Value } from '../core/plain.ts'
import { isMapping } from '../core/plain.ts'
import { Secret, type Text } from '../core/secret.ts'
import { Unknown } from '../core/unknown.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { Budget } from './template/budget.ts'
import { put } from './template/dicts.ts'
import {
  createEnvironment,
  type Environment,
  explained,
  type TemplarOptions,
  type Variables,
} from './template/environment.ts'
import { Fault, type Origin, TemplateError } from './template/error.ts'
import { evaluate as evaluateNode, type Frame } from './template/evaluate.ts'
import { exportItem, omitted } from './template/export.ts'
import type { LexerOptions } from './template/lexer.ts'
import { readLiteral } from './template/literal.ts'
import { Output } from './template/output.ts'
import { truthy as truthyItem } from './template/python.ts'
import { run } from './template/run.ts'
import { runtimeFor } from './template/runtime.ts'
import { hide, open, watch } from './template/secrecy.ts'
import { str } from './template/text.ts'
import { Hidden, type Item, isHidden, labelOf } from './template/values.ts'

export type { TemplarOptions, Variables } from './template/environment.ts'
export { TemplateError } from './template/error.ts'

const refs = whenNeeded<typeof import('./template/references.ts')>('./template/references.ts', import.meta.url)

/** A template file: where it stands, and how it is read. */
export interface TemplateFile {
  readonly path: string
  /** More variables, over those of the scope: `template_path` and its like. */
  readonly vars?: { readonly [key: string]: Value }
  /** The first newline after a tag is dropped (default true). */
  readonly trimBlocks?: boolean
  /** Blanks before a tag at the start of a line are dropped (default false). */
  readonly lstripBlocks?: boolean
  /** Other marks than `{{ }}`, `{% %}` and `{# #}`. */
  readonly delimiters?: LexerOptions['delimiters']
}

/** Tells where a part of a value was written; the path leads to it through names and indexes. */
export type PositionOf = (path: readonly (string | number)[]) => Position | undefined

export interface Templar {
  /**
   * Renders a text of a playbook or of variables. A text that is one expression keeps the type of its value; a text
   * without `{{`, `{%` or `{#` comes back as it is. Throws TemplateError.
   */
  render(text: string, scope: Variables, at?: Position): Value
  /** The value of an expression without braces, as `when` and `debug.var` have it. Throws TemplateError. */
  evaluate(expression: string, scope: Variables, at?: Position): Value
  /** Whether a condition holds: an expression, a boolean, or a list of which all must hold. Nothing at all holds. */
  condition(condition: Value | undefined, scope: Variables, at?: Position): boolean | Unknown
  /** Renders every text inside lists and mappings, the names in mappings too; `at` tells where each one stands. */
  renderDeep(value: Value, scope: Variables, at?: PositionOf): Value
  /** Renders a template file, named by its path, as Ansible's template module does; errors point into the file. */
  renderTemplateFile(text: string, scope: Variables, file: string | TemplateFile): Text | Unknown
  /** The variables a text may touch, without those it sets itself; `*` when it computes their names. Empty for a text that cannot be read. */
  references(text: string, kind?: 'template' | 'expression'): ReadonlySet<string>
  /** Reads a text without rendering it; throws TemplateError for its first mistake in form. */
  check(text: string, kind: 'template' | 'expression', at?: Position): void
}

/** Whether a rendered argument came out as `omit`, and so counts as not given. Inside lists and mappings such values are left out already. */
export function isOmitted(value: Value): boolean {
  return value === omitted
}

/** Whether a text holds anything to render. */
export function hasTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#')
}

/** Ansible's truth of a value that is known: empty, zero and null are false, any other text is true, "false" too. */
export function truthy(value: Value): boolean {
  return truthyItem(value)
}

const playbookText: LexerOptions = { rawStrings: true }

/** Makes the renderer; what templates may do to the world is given in. */
export function createTemplar(options: TemplarOptions = {}): Templar {
  const environment = createEnvironment(options)
  const runtime = (scope: Variables, budget: Budget, lexer: LexerOptions, file: string | undefined) =>
    runtimeFor(environment, scope, budget, lexer, file, (text, path, vars) =>
      renderTemplateFile(text, scope, { path, vars }),
    )

  function render(text: string, scope: Variables, at?: Position): Value {
    if (!hasTemplate(text)) return text
    return environment.bounded<Value>({ text, at, exact: false }, (budget) => {
      const template = environment.template(text, playbookText)
      const { result: out, labels } = watch(() => {
        const made = new Output()
        run(template.body, topFrame(), made, runtime(scope, budget, playbookText, at?.file))
        return made
      })
      const straight = template.body.every(({ kind }) => kind === 'text' || kind === 'output')
      return finish(out, labels, { text, straight }, options.literals !== false)
    })
  }

  function evaluate(expression: string, scope: Variables, at?: Position): Value {
    if (hasTemplate(expression)) {
      const rendered = render(expression, scope, at)
      return typeof rendered === 'string' && rendered !== '' && !hasTemplate(rendered)
        ? evaluate(rendered, scope, at)
        : rendered
    }
    return environment.bounded<Value>({ text: expression, at, exact: false }, (budget) => {
      const node = environment.expression(expression)
      const { result, labels } = watch(() => evaluateNode(node, topFrame(), runtime(scope, budget, {}, at?.file)))
      return exportItem(typeof result === 'string' ? hide(result, labels) : result, str)
    })
  }

  function condition(given: Value | undefined, scope: Variables, at?: Position): boolean | Unknown {
    if (given === undefined || given === null || given === '') return true
    if (given instanceof Unknown) return given
    if (typeof given === 'string') {
      const value = evaluate(given, scope, at)
      return value instanceof Unknown ? value : truthy(value)
    }
    if (!Array.isArray(given)) return truthy(given)
    let unknown: Unknown | undefined
    for (const one of given as readonly Value[]) {
      const holds = condition(one, scope, at)
      if (holds === false) return false
      if (holds instanceof Unknown) unknown ??= holds
    }
    return unknown ?? true
  }

  function renderDeep(
    value: Value,
    scope: Variables,
    at: PositionOf = () => undefined,
    path: readonly (string | number)[] = [],
  ): Value {
    if (typeof value === 'string') return hasTemplate(value) ? render(value, scope, at(path)) : value
    if (typeof value !== 'object' || value === null) return value
    if (path.length > 100)
      throw new TemplateError(
        problem('template-limit', 'a value is nested more than 100 levels deep', { at: at(path) }),
      )
    if (Array.isArray(value)) {
      const list = value as readonly Value[]
      const rendered = list.map((one, index) => renderDeep(one, scope, at, [...path, index]))
      if (rendered.includes(omitted)) return rendered.filter((one) => one !== omitted)
      return rendered.every((one, index) => one === list[index]) ? list : rendered
    }
    if (!isMapping(value)) return value
    const rendered: { [key: string]: Item } = {}
    let changed = false
    for (const [key, before] of Object.entries(value)) {
      const inner = [...path, key]
      const name = hasTemplate(key) ? nameOf(render(key, scope, at(inner)), at(inner)) : key
      const after = renderDeep(before, scope, at, inner)
      changed ||= name !== key || after !== before
      if (after !== omitted) put(rendered, name, after)
    }
    return changed ? (rendered as Value) : value
  }

  function renderTemplateFile(text: string, scope: Variables, given: string | TemplateFile): Text | Unknown {
    const file = typeof given === 'string' ? { path: given } : given
    const header = /^#jinja2:([^\n]*)(?:\n|$)/.exec(text)
    const body = header ? text.slice(header[0].length) : text
    const origin: Origin = { text: body, at: { file: file.path, line: header ? 2 : 1, col: 1 }, exact: true }
    const defaults: LexerOptions = {
      trimBlocks: file.trimBlocks ?? true,
      lstripBlocks: file.lstripBlocks ?? false,
      ...(file.delimiters && { delimiters: file.delimiters }),
    }
    return environment.bounded<Text>(origin, (budget) => {
      const lexer = header ? { ...defaults, ...headerOptions(header[1] ?? '') } : defaults
      const template = environment.template(body, lexer)
      const variables = overlay(scope, { ansible_managed: 'Ansible managed', ...file.vars })
      const { result, labels } = watch(() => {
        const out = new Output()
        run(template.body, topFrame(), out, runtime(variables, budget, lexer, file.path))
        return withNewlinesOf(out.join(), body)
      })
      return labels.size > 0 ? new Secret(result, labelOf(labels)) : result
    })
  }

  return {
    render,
    evaluate,
    condition,
    renderDeep: (value, scope, at) => renderDeep(value, scope, at),
    renderTemplateFile,
    references: (text, kind = 'template') => references(environment, text, kind),
    check(text, kind, at) {
      try {
        if (hasTemplate(text)) environment.template(text, playbookText)
        else if (kind === 'expression') environment.expression(text)
      } catch (error) {
        throw explained(error, { text, at, exact: false })
      }
    },
  }
}

function topFrame(): Frame {
  return { names: new Map(), parent: undefined }
}

/** What a text of a playbook comes to: the one value put out, or text, secret when a secret had a part in it. */
function finish(
  out: Output,
  labels: ReadonlySet<string>,
  { text: source, straight }: { readonly text: string; readonly straight: boolean },
  mayBeLiteral: boolean,
): Value {
  const { single } = out
  if (single !== undefined && typeof single !== 'string') {
    if (!isHidden(single)) return exportItem(single, str)
    const { result: plain, labels: own } = watch(() => open(single))
    const ended = typeof plain === 'string' ? withNewlinesOf(plain, source) : plain
    return exportItem(ended === plain ? single : new Hidden(ended, own), str)
  }
  const text = withNewlinesOf(single ?? out.join(), source)
  if (labels.size > 0) {
    const shown = straight ? out.shown() : undefined
    return new Secret(text, labelOf(labels), isSentence(shown) ? shown : undefined)
  }
  const literal = single === undefined && mayBeLiteral ? readLiteral(text) : undefined
  return literal === undefined ? text : exportItem(literal, str)
}

/** What people read at a glance; of longer texts and of whole files nothing but the label is shown. */
function isSentence(shown: string | undefined): boolean {
  return shown !== undefined && shown.length <= 500 && !shown.includes('\n')
}

/** A text that ends in at least as many newlines as the template it was made from. */
function withNewlinesOf(text: string, source: string): string {
  if (!source.endsWith('\n')) return text
  return text + '\n'.repeat(Math.max(0, lastNewlines(source) - lastNewlines(text)))
}

function lastNewlines(text: string): number {
  let count = 0
  while (text.at(-1 - count) === '\n') count++
  return count
}

function nameOf(value: Value, at: Position | undefined): string {
  if (value instanceof Secret || value instanceof Unknown)
    throw new TemplateError(
      problem('template-secret-name', `${value.toString()} cannot be the name of an entry, since names are shown`, {
        at,
      }),
    )
  return str(value)
}

function overlay(scope: Variables, vars: { readonly [key: string]: Value }): Variables {
  return {
    lookup: (name) => (Object.hasOwn(vars, name) ? { value: vars[name] as Value } : scope.lookup(name)),
    names: () => new Set([...Object.keys(vars), ...scope.names()]),
  }
}

const headerNames: Readonly<Record<string, 'trimBlocks' | 'lstripBlocks'>> = {
  trim_blocks: 'trimBlocks',
  lstrip_blocks: 'lstripBlocks',
}

/** Options from a first line `#jinja2: trim_blocks: False, lstrip_blocks: True`. */
function headerOptions(line: string): LexerOptions {
  const options: { trimBlocks?: boolean; lstripBlocks?: boolean } = {}
  for (const pair of line.split(',')) {
    const [name = '', value = ''] = pair.split(':').map((part) => part.trim())
    const option = Object.hasOwn(headerNames, name) ? headerNames[name] : undefined
    if (option === undefined || !/^(?:true|false)$/i.test(value))
      throw new Fault('template-syntax', `the first line has an option that is not understood: "${pair.trim()}"`, {
        mend: 'use trim_blocks or lstrip_blocks with True or False',
      })
    options[option] = value.toLowerCase() === 'true'
  }
  return options
}

function references(environment: Environment, text: string, kind: 'template' | 'expression'): ReadonlySet<string> {
  try {
    if (hasTemplate(text)) return refs().templateReferences(environment.template(text, playbookText))
    return kind === 'expression' ? refs().expressionReferences(environment.expression(text)) : new Set()
  } catch (error) {
    if (error instanceof Fault) return new Set()
    throw error
  }
}

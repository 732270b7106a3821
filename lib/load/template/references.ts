import type { Args, Expression, Statement, Target, Template } from './ast.ts'

/** Stands for "any variable" among references: the template computes the name it looks up. */
export const anyVariable = '*'

/** The names an expression may ask for, those given values by the template itself not among them. */
export function expressionReferences(node: Expression): ReadonlySet<string> {
  const found = new Set<string>()
  visit(node, new Set(), found)
  return found
}

/** The names a template may ask for, those given values by the template itself not among them. */
export function templateReferences(template: Template): ReadonlySet<string> {
  const found = new Set<string>()
  visitBody(template.body, new Set(), found)
  return found
}

type Bound = Set<string>

function visit(node: Expression | undefined, bound: Bound, found: Set<string>): void {
  if (!node) return
  switch (node.kind) {
    case 'constant':
    case 'float':
      return
    case 'name':
      if (!bound.has(node.name)) found.add(node.name)
      return
    case 'list':
    case 'tuple':
    case 'concat':
      for (const item of node.items) visit(item, bound, found)
      return
    case 'dict':
      for (const [key, value] of node.entries) {
        visit(key, bound, found)
        visit(value, bound, found)
      }
      return
    case 'attribute':
    case 'not':
    case 'negative':
    case 'positive':
      visit(node.of, bound, found)
      return
    case 'item':
      visit(node.of, bound, found)
      visit(node.key, bound, found)
      if (node.of.kind === 'name' && node.of.name === 'vars') addNamed(node.key, found)
      return
    case 'slice':
      visit(node.of, bound, found)
      for (const part of node.bounds) visit(part, bound, found)
      return
    case 'call':
      visit(node.callee, bound, found)
      visitArgs(node.args, bound, found)
      visitLookup(node, found)
      return
    case 'filter':
    case 'test':
      visit(node.input, bound, found)
      visitArgs(node.args, bound, found)
      return
    case 'and':
    case 'or':
    case 'binary':
      visit(node.left, bound, found)
      visit(node.right, bound, found)
      return
    case 'compare':
      visit(node.left, bound, found)
      for (const { right } of node.rest) visit(right, bound, found)
      return
    case 'choice':
      visit(node.test, bound, found)
      visit(node.whenTrue, bound, found)
      visit(node.otherwise, bound, found)
  }
}

function visitArgs(args: Args, bound: Bound, found: Set<string>): void {
  for (const one of args.positional) visit(one, bound, found)
  for (const [, value] of args.named) visit(value, bound, found)
  visit(args.spread, bound, found)
  visit(args.namedSpread, bound, found)
}

/** `lookup('vars', 'name')` asks for a variable by a text; a template looked up may ask for any. */
function visitLookup(node: Extract<Expression, { kind: 'call' }>, found: Set<string>): void {
  if (node.callee.kind !== 'name' || !['lookup', 'query', 'q'].includes(node.callee.name)) return
  const [kind, ...terms] = node.args.positional
  if (kind?.kind !== 'constant') found.add(anyVariable)
  else if (kind.value === 'vars' || kind.value === 'ansible.builtin.vars')
    for (const term of terms) addNamed(term, found)
  else if (String(kind.value).endsWith('template') || String(kind.value).endsWith('varnames')) found.add(anyVariable)
}

function addNamed(node: Expression, found: Set<string>): void {
  if (node.kind === 'constant' && typeof node.value === 'string') found.add(node.value)
  else found.add(anyVariable)
}

function bind(target: Target, bound: Bound): void {
  if (target.kind === 'name') bound.add(target.name)
  else if (target.kind === 'names') for (const item of target.items) bind(item, bound)
}

function visitBody(body: readonly Statement[], bound: Bound, found: Set<string>): void {
  for (const statement of body) visitStatement(statement, bound, found)
}

function visitStatement(statement: Statement, bound: Bound, found: Set<string>): void {
  switch (statement.kind) {
    case 'text':
      return
    case 'output':
      visit(statement.value, bound, found)
      return
    case 'if':
      for (const { test, body } of statement.branches) {
        visit(test, bound, found)
        visitBody(body, new Set(bound), found)
      }
      visitBody(statement.otherwise, new Set(bound), found)
      return
    case 'for': {
      visit(statement.of, bound, found)
      const inside = new Set([...bound, 'loop'])
      bind(statement.target, inside)
      visit(statement.test, inside, found)
      visitBody(statement.body, inside, found)
      visitBody(statement.otherwise, new Set(bound), found)
      return
    }
    case 'set':
      visit(statement.value, bound, found)
      bind(statement.target, bound)
      return
    case 'set-block':
      visitBody(statement.body, new Set(bound), found)
      visit(statement.filter, bound, found)
      bind(statement.target, bound)
      return
    case 'macro': {
      bound.add(statement.name)
      const inside = new Set([...bound, 'varargs', 'kwargs', 'caller'])
      for (const { name, fallback } of statement.parameters) {
        visit(fallback, inside, found)
        inside.add(name)
      }
      visitBody(statement.body, inside, found)
      return
    }
    case 'call-block': {
      visit(statement.call, bound, found)
      const inside = new Set([...bound, ...statement.parameters.map(({ name }) => name)])
      visitBody(statement.body, inside, found)
      return
    }
    case 'filter-block':
      visit(statement.filter, bound, found)
      visitBody(statement.body, new Set(bound), found)
      return
    case 'with': {
      const inside = new Set(bound)
      for (const [target, value] of statement.names) {
        visit(value, inside, found)
        bind(target, inside)
      }
      visitBody(statement.body, inside, found)
      return
    }
    case 'block':
      visitBody(statement.body, new Set(bound), found)
      return
    case 'include':
    case 'import':
    case 'from':
      visit(statement.template, bound, found)
      found.add(anyVariable)
      if (statement.kind === 'import') bound.add(statement.as)
      if (statement.kind === 'from') for (const [, as] of statement.names) bound.add(as)
  }
}

/** The tree of a template. `at` is the place in the template's text, counted in characters from 0. */
export type Expression =
  | { readonly kind: 'constant'; readonly at: number; readonly value: string | number | bigint | boolean | null }
  | { readonly kind: 'float'; readonly at: number; readonly value: number }
  | { readonly kind: 'name'; readonly at: number; readonly name: string }
  | { readonly kind: 'list' | 'tuple'; readonly at: number; readonly items: readonly Expression[] }
  | { readonly kind: 'dict'; readonly at: number; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'attribute'; readonly at: number; readonly of: Expression; readonly name: string }
  | { readonly kind: 'item'; readonly at: number; readonly of: Expression; readonly key: Expression }
  | {
      readonly kind: 'slice'
      readonly at: number
      readonly of: Expression
      readonly bounds: readonly (Expression | undefined)[]
    }
  | { readonly kind: 'call'; readonly at: number; readonly callee: Expression; readonly args: Args }
  | {
      readonly kind: 'filter'
      readonly at: number
      /** Undefined in a filter block, whose body is the input. */
      readonly input: Expression | undefined
      readonly name: string
      readonly args: Args
    }
  | {
      readonly kind: 'test'
      readonly at: number
      readonly input: Expression
      readonly name: string
      readonly args: Args
    }
  | { readonly kind: 'not' | 'negative' | 'positive'; readonly at: number; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly at: number; readonly left: Expression; readonly right: Expression }
  | {
      readonly kind: 'binary'
      readonly at: number
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'concat'; readonly at: number; readonly items: readonly Expression[] }
  | {
      readonly kind: 'compare'
      readonly at: number
      readonly left: Expression
      readonly rest: readonly { readonly operator: Comparison; readonly right: Expression }[]
    }
  | {
      readonly kind: 'choice'
      readonly at: number
      readonly test: Expression
      readonly whenTrue: Expression
      readonly otherwise: Expression | undefined
    }

/** An operator between two values. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**'

/** An operator between two values that gives true or false. */
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in'

/** The arguments of a call, a filter or a test. */
export interface Args {
  readonly positional: readonly Expression[]
  readonly named: readonly (readonly [string, Expression])[]
  /** What stands behind `*`. */
  readonly spread: Expression | undefined
  /** What stands behind `**`. */
  readonly namedSpread: Expression | undefined
}

/** No arguments at all. */
export const noArgs: Args = { positional: [], named: [], spread: undefined, namedSpread: undefined }

/** What a loop or a `set` assigns to. */
export type Target =
  | { readonly kind: 'name'; readonly at: number; readonly name: string }
  | { readonly kind: 'field'; readonly at: number; readonly object: string; readonly name: string }
  | { readonly kind: 'names'; readonly at: number; readonly items: readonly Target[] }

/** A parameter of a macro, with what it is when the call does not give it. */
export interface Parameter {
  readonly name: string
  readonly fallback: Expression | undefined
}

/** A tag, a text or an output. */
export type Statement =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'output'; readonly at: number; readonly value: Expression }
  | {
      readonly kind: 'if'
      readonly at: number
      readonly branches: readonly { readonly test: Expression; readonly body: readonly Statement[] }[]
      readonly otherwise: readonly Statement[]
    }
  | {
      readonly kind: 'for'
      readonly at: number
      readonly target: Target
      readonly of: Expression
      readonly test: Expression | undefined
      readonly body: readonly Statement[]
      readonly otherwise: readonly Statement[]
    }
  | { readonly kind: 'set'; readonly at: number; readonly target: Target; readonly value: Expression }
  | {
      readonly kind: 'set-block'
      readonly at: number
      readonly target: Target
      readonly filter: Expression | undefined
      readonly body: readonly Statement[]
    }
  | {
      readonly kind: 'macro'
      readonly at: number
      readonly name: string
      readonly parameters: readonly Parameter[]
      readonly body: readonly Statement[]
    }
  | {
      readonly kind: 'call-block'
      readonly at: number
      readonly call: Extract<Expression, { kind: 'call' }>
      readonly parameters: readonly Parameter[]
      readonly body: readonly Statement[]
    }
  | {
      readonly kind: 'filter-block'
      readonly at: number
      readonly filter: Expression
      readonly body: readonly Statement[]
    }
  | {
      readonly kind: 'with'
      readonly at: number
      readonly names: readonly (readonly [Target, Expression])[]
      readonly body: readonly Statement[]
    }
  | {
      readonly kind: 'include'
      readonly at: number
      readonly template: Expression
      readonly ignoreMissing: boolean
      readonly context: boolean
    }
  | {
      readonly kind: 'import'
      readonly at: number
      readonly template: Expression
      readonly as: string
      readonly context: boolean
    }
  | {
      readonly kind: 'from'
      readonly at: number
      readonly template: Expression
      readonly names: readonly (readonly [string, string])[]
      readonly context: boolean
    }
  | { readonly kind: 'block'; readonly at: number; readonly body: readonly Statement[] }

/** A template that has been read. */
export interface Template {
  readonly body: readonly Statement[]
  /** The text the offsets of the tree refer to. */
  readonly text: string
}

import { problem, ToolError } from '../../core/diagnostic.ts'
import type { Position } from '../../core/plain.ts'

/** A template or expression could not be read or rendered; its diagnostics never hold the value of a secret. */
export class TemplateError extends ToolError {}

/** What went wrong inside a template, before it is known in which file that template stands. */
export class Fault extends Error {
  readonly code: string
  readonly mend: string | undefined
  /** Where in the template's text, counted in characters from 0; filled in by the evaluator when the thrower cannot know. */
  offset: number | undefined

  constructor(
    code: string,
    message: string,
    more: { readonly mend?: string | undefined; readonly offset?: number } = {},
  ) {
    super(message)
    this.code = code
    this.mend = more.mend
    this.offset = more.offset
  }
}

/** The text of a template and where it stands. */
export interface Origin {
  readonly text: string
  readonly at: Position | undefined
  /** The position is that of the text's first character, so that line and column inside the text can be added to it. */
  readonly exact: boolean
}

/** Turns a fault into the error for a person: with the line of the template it happened in and a caret below it. */
export function explainFault(fault: Fault, origin: Origin): TemplateError {
  const at = origin.exact && origin.at ? positionIn(origin.text, fault.offset ?? 0, origin.at) : origin.at
  const detail = fault.offset === undefined ? undefined : excerpt(origin.text, fault.offset)
  return new TemplateError(problem(fault.code, fault.message, { at, detail, mend: fault.mend }))
}

function positionIn(text: string, offset: number, start: Position): Position {
  const before = text.slice(0, offset)
  const lines = before.split('\n').length - 1
  const col = offset - before.lastIndexOf('\n')
  return { file: start.file, line: start.line + lines, col: lines === 0 ? start.col + col - 1 : col }
}

/** The line that holds `offset` with a caret under it, both cut to what fits a terminal. */
export function excerpt(text: string, offset: number): string {
  const width = 100
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const line = text.slice(start, end === -1 ? text.length : end)
  const from = Math.max(0, offset - start - Math.floor(width / 2))
  const shown = line.slice(from, from + width)
  return `${shown}\n${' '.repeat(offset - start - from)}^`
}

import { inspect } from 'node:util'
import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Paint } from './colours.ts'
import { visibleLine, visibleLines } from './visible.ts'

/** All findings in one list: warnings first, equal ones once, and how many there are. */
export function diagnosticLines(diagnostics: readonly Diagnostic[], paint: Paint): readonly string[] {
  const once = [...new Map(diagnostics.map((one) => [JSON.stringify(one), one])).values()]
  const warnings = once.filter((one) => one.severity === 'warning')
  const errors = once.filter((one) => one.severity === 'error')
  if (once.length === 0) return []
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
  const counts = [
    ...(errors.length > 0 ? [count(errors.length, 'error')] : []),
    ...(warnings.length > 0 ? [count(warnings.length, 'warning')] : []),
  ].join(', ')
  return [
    ...[...warnings, ...errors].flatMap((one) => diagnosticBlock(one, paint)),
    errors.length > 0 ? paint.error(`${counts}; nothing was touched.`) : paint.warning(`${counts}.`),
  ]
}

/** One finding as `file:line:col: code: message`, its evidence and the mend below. */
export function diagnosticBlock(diagnostic: Diagnostic, paint: Paint): readonly string[] {
  const { at, code, severity, message, detail, mend } = diagnostic
  const place = at === undefined ? '' : `${visibleLine(at.file)}:${at.line}:${at.col}: `
  const kind = severity === 'warning' ? paint.warning(`warning: ${code}`) : paint.error(code)
  const [first = '', ...more] = visibleLines(message)
  return [
    `${paint.strong(place)}${kind}: ${first}`,
    ...more.map((line) => `  ${line}`),
    ...(detail === undefined ? [] : detailLines(detail)),
    ...(mend === undefined ? [] : labelled('  mend: ', mend)),
  ]
}

/** An excerpt is indented already, other evidence is not. */
function detailLines(detail: string): readonly string[] {
  const lines = visibleLines(detail)
  return lines.every((line) => line === '' || line.startsWith('  ')) ? lines : lines.map((line) => `  ${line}`)
}

function labelled(label: string, text: string): readonly string[] {
  return visibleLines(text).map((line, index) => (index === 0 ? label : ' '.repeat(label.length)) + line)
}

/**
 * A failure as a card below the line of its task: what (`warn` for a warning, whose task is fine), where (`place`, `file:line:col`
 * of the task, unless the finding knows better), why, how to mend it, and its code.
 */
export function cardLines(diagnostic: Diagnostic, place: string | undefined, paint: Paint): readonly string[] {
  const [label, tone] = diagnostic.severity === 'error' ? ['what', paint.error] : ['warn', paint.warning]
  return [...row(label, diagnostic.message, paint, tone), ...evidence(diagnostic, place, paint)]
}

/** A finding that no task line stands above, below a line of its own that says what. */
export function evidence(
  { at, code, detail, mend }: Diagnostic,
  place: string | undefined,
  paint: Paint,
): readonly string[] {
  return [
    ...row('where', at === undefined ? place : `${at.file}:${at.line}:${at.col}`, paint),
    ...row('why', detail, paint),
    ...row('mend', mend, paint, paint.strong),
    ...row('code', code, paint, paint.faint),
  ]
}

function row(
  label: string,
  text: string | undefined,
  paint: Paint,
  style: (text: string) => string = (line) => line,
): readonly string[] {
  if (text === undefined || text === '') return []
  return visibleLines(text).map(
    (line, index) => `    ${paint.faint((index === 0 ? label : '').padEnd(5))}  ${style(line)}`,
  )
}

/** Anything thrown that is not for the operator: our own defect, with the stack, and what to do about it. */
export function defect(error: unknown): Diagnostic {
  const stack = error instanceof Error ? inspect(error) : `thrown: ${inspect(error)}`
  return problem('internal-defect', `this is a defect of the runner: ${messageOf(error)}`, {
    detail: stack,
    mend: 'run it again with -vvv --output json and report the last events with this text; secrets in them are masked',
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

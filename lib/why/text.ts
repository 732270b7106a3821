import type { Plain, Position, Value } from '../core/plain.ts'
import { isMapping } from '../core/plain.ts'
import { Secret } from '../core/secret.ts'
import { shortened } from '../core/text.ts'
import { Unknown } from '../core/unknown.ts'
import type { Elsewhere, Explanation, Place } from './explain.ts'

/** What is shown of a value that lost, in one line. */
const mostOfLoser = 100

export interface Told {
  readonly variable: string
  readonly host: string
  readonly explanations: readonly Explanation[]
  readonly elsewhere: readonly Elsewhere[]
  /** A value as lines (`report/outline.ts`). */
  readonly outline: (value: Plain) => readonly string[]
}

/** The answer as text: the value, where it is from, what lost, strongest first, and what its templates need. */
export function whyText({ variable, host, explanations, elsewhere, outline }: Told): string {
  const out: string[] = []
  for (const one of explanations) {
    const { winner, losers, rendered, needs, plays } = one
    const value = 'value' in rendered ? rendered.value : winner.raw
    out.push(...titled(`${variable} on ${host}`, plays, explanations.length > 1))
    out.push(...indented(outline(plainOf(value))))
    if ('unknown' in rendered) out.push(`  which cannot be filled in before a run: ${rendered.unknown}`)
    out.push('', `from    ${placed(winner)}`)
    if ('value' in rendered && isTemplate(winner.raw)) {
      out.push('written', ...indented(outline(plainOf(winner.raw))))
    }
    if (needs.length > 0)
      out.push(
        'needs',
        ...needs.map((need) => `  ${need.name}: ${need.from ? placed(need.from) : 'nobody has it yet'}`),
      )
    out.push(
      'lost',
      ...(losers.length === 0 ? ['  nothing'] : losers.map((lost) => `  ${placed(lost)}: ${oneLine(lost.raw)}`)),
      '',
    )
  }
  if (elsewhere.length > 0) {
    out.push('elsewhere', ...elsewhere.map(({ at, says }) => `  ${at ? `${place(at)}: ` : ''}${says}`), '')
  }
  return `${out.join('\n').trimEnd()}\n`
}

function titled(title: string, plays: readonly string[], several: boolean): readonly string[] {
  const names = plays.filter((name) => name !== '')
  return [several && names.length > 0 ? `${title}, in ${names.map((name) => `"${name}"`).join(', ')}` : title]
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`)
}

function placed({ at, layer }: Place): string {
  if (!at) return layer
  // Names of layers may tell the place too: `play vars (site.yml:3)`.
  const kind = layer.replace(/ \(.*\)$/, '')
  return at.file === kind ? place(at) : `${place(at)} (${kind})`
}

function place({ file, line, col }: Position): string {
  return `${file}:${line}:${col}`
}

function oneLine(raw: Value): string {
  const plain = plainOf(raw)
  const text = typeof plain === 'string' && !plain.includes('\n') ? plain : JSON.stringify(plain)
  return shortened(text, mostOfLoser)
}

function isTemplate(value: Value): boolean {
  return JSON.stringify(plainOf(value)).includes('{{') || JSON.stringify(plainOf(value)).includes('{%')
}

/** The value as it may be shown: labels in place of secrets, a word for what is not known. */
function plainOf(value: Value): Plain {
  if (value instanceof Secret) return String(value)
  if (value instanceof Unknown) return String(value)
  if (Array.isArray(value)) return value.map(plainOf)
  if (isMapping(value)) return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainOf(one)]))
  if (value === null || typeof value !== 'object') return value
  return '(a mapping that is made when it is needed)'
}

import { structuredPatch } from 'diff/lib/patch/create.js'
import type { ShownChange } from '../core/event.ts'
import type { Plain } from '../core/plain.ts'
import { outline } from './outline.ts'
import { mask } from './redactor.ts'
import { visible, visibleLine } from './visible.ts'

/** A line of a shown change; the kind decides the colour. */
export interface DiffLine {
  readonly kind: 'head' | 'hunk' | 'added' | 'removed' | 'same' | 'note'
  readonly text: string
}

/** Lines of one change that are shown without `-vvv`. */
export const shownLines = 60

/** Characters of one line that are shown without `-vvv`: minified files are one line. */
const shownCharacters = 400

/** Milliseconds after which two texts are too different to be compared line by line. */
const patience = 500

/**
 * A change as the lines of a unified diff: a head naming action and target, then the hunks with three lines of context.
 * Values that are not text are compared as outlines. Without `all`, long diffs end with a note that says how to see the rest.
 */
export function diffLines(change: ShownChange, all: boolean): readonly DiffLine[] {
  const head: DiffLine = { kind: 'head', text: `${change.action} ${visibleLine(change.target)}` }
  const body = all ? bodyOf(change) : bodyOf(change).map(shorten)
  if (all || body.length <= shownLines) return [head, ...body]
  const note = `… ${body.length - shownLines} more lines; -vvv shows all`
  return [head, ...body.slice(0, shownLines), { kind: 'note', text: note }]
}

function shorten(line: DiffLine): DiffLine {
  const more = line.text.length - shownCharacters
  return more <= 0 ? line : { ...line, text: `${line.text.slice(0, shownCharacters)}… (${more} more characters)` }
}

function bodyOf({ action, before, after }: ShownChange): readonly DiffLine[] {
  const texts = [before, after].some((value) => typeof value === 'string' && value.includes('\n'))
  const [old, now] = [textOf(before, texts), textOf(after, texts)]
  if (action === 'run' && old === '' && now === '') return []
  if (before === undefined ? hasNothing(after) : after === undefined && hasNothing(before)) return []
  if (old === now) {
    if (old === '') return []
    const secret = old.includes(mask) || old.includes('<secret ')
    return [{ kind: 'note', text: secret ? '(a secret value differs)' : '(no difference that can be shown)' }]
  }
  if (!old.trimEnd().includes('\n') && !now.trimEnd().includes('\n'))
    return [...whole('removed', old), ...whole('added', now)]
  if (old === '') return whole('added', now)
  if (now === '') return whole('removed', old)
  return compared(old, now)
}

/** What is made or removed without any property is told by its name alone. */
function hasNothing(value: Plain | undefined): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
}

function compared(old: string, now: string): readonly DiffLine[] {
  const patch = structuredPatch('', '', old, now, undefined, undefined, { context: 3, timeout: patience })
  if (patch === undefined) {
    const count = (text: string): number => text.split('\n').length
    return [{ kind: 'note', text: `(too different to compare: ${count(old)} lines before, ${count(now)} after)` }]
  }
  return patch.hunks.flatMap((hunk) => [
    { kind: 'hunk', text: `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@` },
    ...hunk.lines.map(lineOf),
  ])
}

function lineOf(line: string): DiffLine {
  const kind = line.startsWith('+')
    ? 'added'
    : line.startsWith('-')
      ? 'removed'
      : line.startsWith('\\')
        ? 'note'
        : 'same'
  return { kind, text: line }
}

function whole(kind: 'added' | 'removed', text: string): readonly DiffLine[] {
  if (text === '') return []
  const sign = kind === 'added' ? '+' : '-'
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => ({ kind, text: sign + line }))
}

/** Text as it is when one side has line breaks, everything else as an outline; made harmless first, so that what differs is seen. */
function textOf(value: Plain | undefined, texts: boolean): string {
  if (value === undefined) return ''
  if (texts && typeof value === 'string') return visible(value)
  return visible(`${outline(value).join('\n')}\n`)
}

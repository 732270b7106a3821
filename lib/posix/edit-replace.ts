import { expandMatch, pythonRegex } from './python-regex.ts'

/** The text with all matches replaced, between what `after` and `before` match when they are given; and how many there were. */
export function replaceAllIn(
  text: string,
  wish: {
    readonly regexp: string
    readonly replace: string
    readonly after?: string | undefined
    readonly before?: string | undefined
  },
): { readonly text: string; readonly count: number } {
  const section = sectionOf(text, wish.after, wish.before)
  if (section === undefined) return { text, count: 0 }
  let count = 0
  const replaced = section.inside.replace(pythonRegex(wish.regexp, 'gm'), (...args: unknown[]) => {
    count++
    return expandMatch(wish.replace, matchOf(args))
  })
  return { text: `${section.head}${replaced}${section.tail}`, count }
}

function sectionOf(
  text: string,
  after: string | undefined,
  before: string | undefined,
): { readonly head: string; readonly inside: string; readonly tail: string } | undefined {
  if (!after && !before) return { head: '', inside: text, tail: '' }
  const lazy = after && before ? '*?' : '*'
  const expression = pythonRegex(`${after ?? ''}(?<subsection>.${lazy})${before ?? ''}`, 'ds')
  const indices = expression.exec(text)?.indices?.groups?.subsection
  if (indices === undefined) return undefined
  const [start, end] = indices
  return { head: text.slice(0, start), inside: text.slice(start, end), tail: text.slice(end) }
}

/** The match behind the arguments that `String.replace` hands over: texts of groups, then the offset, the whole, and named groups. */
function matchOf(args: readonly unknown[]): RegExpExecArray {
  const offset = args.findIndex((one, index) => index > 0 && typeof one === 'number')
  const named = args.at(-1)
  const groups = typeof named === 'object' && named !== null ? (named as { [key: string]: string }) : undefined
  return Object.assign(args.slice(0, offset) as string[], {
    index: Number(args[offset]),
    input: '',
    groups,
  }) as unknown as RegExpExecArray
}

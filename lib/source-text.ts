/** Literals of an expression with `…` for what is computed in them, and the expression without them. */
export interface Literals {
  readonly literals: readonly string[]
  readonly code: string
}

/** The arguments of the call whose parenthesis opens at `open`, as they are written. */
export function argumentsIn(text: string, open: number): readonly string[] {
  return splitAt(text.slice(open + 1, closeOf(text, open)), ',')
}

/** The value of a property of an object literal; a name alone stands for itself. */
export function propertyIn(object: string, name: string): string | undefined {
  const open = object.indexOf('{')
  for (const part of splitAt(object.slice(open + 1, closeOf(object, open)), ',')) {
    if (part === name) return name
    if (part.startsWith(`${name}:`)) return part.slice(name.length + 1).trim()
  }
  return undefined
}

/** What a name of the file stands for: the value of the last `const` before `index`, or the function of that name. */
export function statementOf(text: string, name: string, index: number): string | undefined {
  const constants = [...text.matchAll(new RegExp(`\\bconst ${name}(?:: [^=\\n]+)? =(?!>)\\s*`, 'g'))]
  const constant =
    constants.findLast((one) => one.index < index) ?? constants.find((one) => text[one.index - 1] === '\n')
  if (constant !== undefined) return untilEnd(text, constant.index + constant[0].length)
  const called = new RegExp(`^(?:export )?(?:async )?function ${name}\\b[^\\n]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(text)
  return called === null ? undefined : returnsOf(called[1] ?? '')
}

/** Takes the literals out of an expression; those that are compared with, or looked for, are no values of it. */
export function literalsIn(expression: string): Literals {
  const literals: string[] = []
  let code = ''
  for (let at = 0; at < expression.length; ) {
    const end = skip(expression, at)
    const piece = expression.slice(at, end)
    if (/^['"`]/.test(piece)) {
      const compared = /(?:[=!]==\s*|\b(?:includes|startsWith|endsWith|join|split|at|get|has|replaceAll?)\(\s*)$/.test(
        code,
      )
      if (!compared && !/^\s*[=!]==/.test(expression.slice(end))) literals.push(textOf(piece))
    } else if (end === at + 1) code += piece
    at = end
  }
  return { literals, code }
}

function textOf(literal: string): string {
  const inside = literal.slice(1, -1)
  if (!literal.startsWith('`')) return inside.replaceAll(/\\(['"\\])/g, '$1')
  let text = ''
  for (let at = 0; at < inside.length; ) {
    if (inside.startsWith('${', at)) {
      text += '…'
      at = closeOf(inside, at + 1) + 1
    } else {
      text += inside[at]
      at++
    }
  }
  return text.replaceAll(/\\([`\\$])/g, '$1')
}

/** The expressions that a function gives back. */
function returnsOf(body: string): string {
  return [...body.matchAll(/\breturn\b/g)].map(({ index }) => untilEnd(body, index + 6)).join('\n')
}

/** From a place to the end of the statement: a line break outside of brackets behind which nothing goes on. */
function untilEnd(text: string, from: number): string {
  let at = from
  while (at < text.length) {
    if (
      text[at] === '\n' &&
      !/^\s*(?:[?:.&|+]|$)/.test(text.slice(at + 1, at + 80)) &&
      !/[=?:&|+,]\s*$/.test(text.slice(from, at))
    )
      break
    at = '([{'.includes(text[at] ?? ' ') ? closeOf(text, at) + 1 : skip(text, at)
  }
  return text.slice(from, at)
}

/** Where the bracket that opens at `open` closes; the end of the text when it does not. */
function closeOf(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at = skip(text, at)) {
    if ('([{'.includes(text[at] ?? ' ')) depth++
    else if (')]}'.includes(text[at] ?? ' ') && --depth === 0) return at
  }
  return text.length
}

function splitAt(text: string, mark: string): readonly string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; ) {
    if (text[at] === mark) {
      parts.push(text.slice(from, at).trim())
      from = at + 1
    }
    at = '([{'.includes(text[at] ?? ' ') ? closeOf(text, at) + 1 : skip(text, at)
  }
  return [...parts, text.slice(from).trim()].filter((part) => part !== '')
}

/** The place behind what begins at `at`: a literal, a comment or a regular expression as a whole, else one character. */
function skip(text: string, at: number): number {
  const quote = text[at]
  if (quote === "'" || quote === '"') {
    const found = /^(['"])(?:\\.|(?!\1).)*\1/.exec(text.slice(at))
    return at + (found?.[0].length ?? 1)
  }
  if (quote === '`') return templateEnd(text, at)
  if (text.startsWith('//', at)) return at + (/^.*/.exec(text.slice(at))?.[0].length ?? 1)
  if (text.startsWith('/*', at)) return Math.max(text.indexOf('*/', at), at) + 2
  if (quote === '/' && /(?:^|[=(,:[!&|?{};])\s*$/.test(text.slice(Math.max(0, at - 40), at))) {
    const found = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/.exec(text.slice(at))
    return at + (found?.[0].length ?? 1)
  }
  return at + 1
}

function templateEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; ) {
    if (text[at] === '\\') at += 2
    else if (text[at] === '`') return at + 1
    else if (text.startsWith('${', at)) at = closeOf(text, at + 1) + 1
    else at++
  }
  return text.length
}

import { placeholderIn } from './placeholder.ts'
import { closingQuote, quoted, split, uncommented } from './yaml-lines.ts'
import { type Mistake, type SyntaxFault, sentence } from './yaml-mistake.ts'

export function placeholder(text: string): Mistake | undefined {
  const left = placeholderIn(text)
  if (!left) return undefined
  return {
    code: 'placeholder-left',
    message: `this line still holds the placeholder ${left.text}`,
    col: text.indexOf(left.text) + 1,
    width: left.text.length,
    mend: left.mend,
  }
}

export function template(text: string): Mistake | undefined {
  const line = split(text)
  if (!line?.value.startsWith('{{')) return undefined
  const [value, comment] = uncommented(line.value)
  return {
    code: 'unquoted-template',
    message: 'a value that starts with "{{" must stand in quotes',
    col: line.before.length + 1,
    width: value.length,
    mended: line.before + quoted(value) + comment,
    mend: 'put the whole value in quotes',
  }
}

export function halfQuoted(text: string): Mistake | undefined {
  const line = split(text)
  const quote = line?.value[0]
  if (!line || (quote !== '"' && quote !== "'")) return undefined
  const end = closingQuote(line.value, quote)
  if (end === undefined) return undefined
  const [value, comment] = uncommented(line.value)
  const rest = value.slice(end + 1).trim()
  if (rest === '' || rest.startsWith(':') || rest.startsWith(',')) return undefined
  const inner = rest.endsWith(quote) && value.length > end + 2 && quote === "'" ? value.slice(1, -1) : value
  return {
    code: 'yaml-half-quoted',
    message: 'the value starts with a quoted part and goes on behind it; quotes must go around all of it',
    col: line.before.length + 1,
    width: value.length,
    mended: line.before + quoted(inner) + comment,
    mend: 'put the whole value in quotes, of the other kind when it holds quotes itself',
  }
}

export function reserved(text: string, error: SyntaxFault): Mistake | undefined {
  if (error.code !== 'BAD_SCALAR_START' && error.code !== 'BAD_ALIAS') return undefined
  const line = split(text)
  if (!line) return undefined
  const [value, comment] = uncommented(line.value)
  return {
    code: 'yaml-reserved-character',
    message: `a value that starts with ${value[0] === '"' ? 'a quote' : `"${value[0]}"`} must stand in quotes`,
    col: line.before.length + 1,
    width: value.length,
    mended: line.before + quoted(value) + comment,
    mend: 'put the whole value in quotes',
  }
}

export function badEscape(text: string, error: SyntaxFault): Mistake | undefined {
  if (error.code !== 'BAD_DQ_ESCAPE') return undefined
  const line = split(text)
  const inner = line && /^"([^"']*)"$/.exec(line.value)?.[1]
  return {
    code: 'yaml-escape',
    message: `${/\\\S?/.exec(sentence(error))?.[0] ?? 'this'} means nothing between double quotes`,
    width: 2,
    mended: line && inner !== undefined ? `${line.before}'${inner}'` : undefined,
    mend: 'use single quotes, or write the backslash twice',
  }
}

export function bracket(error: SyntaxFault): Mistake | undefined {
  const closing = /end with a ([\]}])/.exec(error.message)?.[1]
  if (closing === undefined) return undefined
  return {
    code: 'yaml-unclosed-bracket',
    message: `a "${closing}" is missing above this place`,
    width: 1,
    mend: `close the ${closing === ']' ? 'list with "]"' : 'mapping with "}"'}`,
  }
}

export function strayColon(text: string, error: SyntaxFault): Mistake | undefined {
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY') return undefined
  const line = split(text)
  if (!line) return undefined
  const [value, comment] = uncommented(line.value)
  const colon = /:(\s|$)/.exec(value)
  if (!colon) return undefined
  return {
    code: 'yaml-stray-colon',
    message: 'a colon inside the value reads as a second key',
    col: line.before.length + colon.index + 1,
    width: 1,
    mended: line.before + quoted(value) + comment,
    mend: 'put the whole value in quotes',
  }
}

export function missingSpace(text: string, error: SyntaxFault): Mistake | undefined {
  if (!['MULTILINE_IMPLICIT_KEY', 'MISSING_CHAR', 'UNEXPECTED_TOKEN'].includes(error.code)) return undefined
  const dash = /^(\s*)-([^\s-].*)$/.exec(text)
  if (dash) {
    return {
      code: 'yaml-missing-space',
      message: 'a space is missing behind "-"',
      col: (dash[1] ?? '').length + 1,
      width: 1,
      mended: `${dash[1]}- ${dash[2]}`,
    }
  }
  const match = /^(\s*(?:- +)?)([\w.-]+):([^\s:/].*)$/.exec(text)
  if (!match) return undefined
  const [, indent = '', key = '', value = ''] = match
  return {
    code: 'yaml-missing-space',
    message: `a space is missing behind "${key}:"`,
    col: indent.length + key.length + 1,
    width: 1,
    mended: `${indent}${key}: ${value}`,
  }
}

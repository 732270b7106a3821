import type { Arguments } from '../template/arguments.ts'
import { Fault } from '../template/error.ts'
import { pythonRegex, pythonReplace } from '../template/regex.ts'
import { str } from '../template/text.ts'
import { type Item, tuple } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'

function flagsOf(args: Arguments) {
  return { ignorecase: args.flag('ignorecase'), multiline: args.flag('multiline') }
}

/** Filters by regular expressions, in Python's notation. */
export const regex: FilterTable = {
  regex_replace: reading('pattern replacement ignorecase multiline count', (input, args) =>
    pythonReplace(
      str(input),
      pythonRegex(args.text('pattern', ''), flagsOf(args)),
      args.text('replacement', ''),
      args.integer('count', 0),
    ),
  ),
  regex_search: reading('regex *groups **more', (input, args) => {
    const flags = { ignorecase: args.more.get('ignorecase') === true, multiline: args.more.get('multiline') === true }
    const found = pythonRegex(args.text('regex'), flags).exec(str(input))
    if (!found) return null
    if (args.rest.length === 0) return found[0]
    return args.rest.map((wanted): Item => {
      const name = /^\\(?:g<([^>]+)>|(\d+))$/.exec(str(wanted))
      if (!name) throw new Fault('template-argument', 'regex_search takes groups as \\\\1 or \\\\g<name>')
      const group = name[1] ?? name[2] ?? ''
      const isNumber = /^\d+$/.test(group)
      const known = isNumber ? Number(group) < found.length : found.groups !== undefined && group in found.groups
      if (!known) throw new Fault('template-regex', `the pattern has no group ${isNumber ? group : `named "${group}"`}`)
      return (isNumber ? found[Number(group)] : found.groups?.[group]) ?? null
    })
  }),
  regex_findall: reading('regex multiline ignorecase', (input, args) => {
    const found = [...str(input).matchAll(pythonRegex(args.text('regex'), flagsOf(args)))]
    return found.map((match): Item => {
      if (match.length === 1) return match[0]
      return match.length === 2 ? (match[1] ?? '') : tuple(...match.slice(1).map((group) => group ?? ''))
    })
  }),
  regex_escape: reading('re_type', (input, args) => {
    const kind = args.text('re_type', 'python')
    if (kind === 'python') return str(input).replace(/[\s()[\]{}?*+\-|^$\\.&~#]/g, (char) => `\\${char}`)
    if (kind === 'posix_basic') return str(input).replace(/[\].[^$*\\]/g, (char) => `\\${char}`)
    throw new Fault('template-argument', `the filter "regex_escape" knows no type "${kind}": use python or posix_basic`)
  }),
}

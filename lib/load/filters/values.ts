import { firstOf } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { equals, truthy, typeName } from '../template/python.ts'
import { hide, open, watch } from '../template/secrecy.ts'
import { str } from '../template/text.ts'
import { type Item, Undefined } from '../template/values.ts'
import { type FilterTable, structural } from './definition.ts'

/** Filters that choose between values, or ask what kind of value there is. */
export const values: FilterTable = {
  default: structural('default_value boolean', fallback, true),
  d: structural('default_value boolean', fallback, true),
  ternary: structural('true_val false_val none_val', (input, args) => {
    const ifNone = args.get('none_val')
    if (input === null && ifNone !== undefined && ifNone !== null) return ifNone
    const { result: yes, labels } = watch(() => truthy(input))
    const chosen = args.need(yes ? 'true_val' : 'false_val')
    return typeof chosen === 'string' ? hide(chosen, labels) : chosen
  }),
  mandatory: structural(
    'msg',
    (input, args) => {
      if (!(input instanceof Undefined)) return input
      const message = args.maybeText('msg') ?? `the variable "${input.name}" is mandatory, and it is not defined`
      throw new Fault('undefined-variable', message)
    },
    true,
  ),
  bool: structural('', (input) => {
    if (input === null) return null
    const given = open(input)
    const word = typeof given === 'string' ? given.toLowerCase() : given
    return ['yes', 'on', '1', 'true'].includes(str(word)) || equals(word, 1)
  }),
  type_debug: structural('', (input) => typeName(input), true),
}

function fallback(...[input, args]: Parameters<FilterTable[string]['run']>) {
  const isMissing = input instanceof Undefined || (args.flag('boolean') && !truthy(input))
  return isMissing ? (firstOf(args.get('default_value'), '') as Item) : input
}

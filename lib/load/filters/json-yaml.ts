import type { Arguments } from '../template/arguments.ts'
import { isDict, isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { compareText, kindOf } from '../template/python.ts'
import { floatText, str } from '../template/text.ts'
import { Float, type Item } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'
import { writeYaml, type YamlStyle } from './yaml-writer.ts'

interface JsonStyle {
  readonly indent: string | undefined
  readonly sortKeys: boolean
  readonly ascii: boolean
  readonly itemSeparator: string
  readonly keySeparator: string
}

/** A text in JSON; with `ascii`, everything beyond ASCII is escaped. */
function jsonText(text: string, ascii: boolean): string {
  const quoted = JSON.stringify(text)
  if (!ascii) return quoted
  return quoted.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** JSON as Python's `json.dumps` writes it. */
export function writeJson(item: Item, style: JsonStyle, depth = 0): string {
  if (item === null) return 'null'
  if (typeof item === 'boolean') return item ? 'true' : 'false'
  if (typeof item === 'string') return jsonText(item, style.ascii)
  if (item instanceof Float) return floatText(item.value)
  if (typeof item === 'number' || typeof item === 'bigint') {
    if (!Number.isFinite(Number(item))) return Number.isNaN(item) ? 'NaN' : Number(item) > 0 ? 'Infinity' : '-Infinity'
    return str(item)
  }
  const isArray = isList(item)
  if (!isArray && !isDict(item)) {
    const name = kindOf(item)
    if (name === 'a point in time' || name === 'a span of time') return jsonText(str(item), style.ascii)
    throw new Fault('template-type', `${name} cannot be written as JSON`)
  }
  const parts = isArray
    ? item.map((one) => writeJson(one, style, depth + 1))
    : sorted(Object.entries(item), style.sortKeys).map(
        ([key, value]) => jsonText(key, style.ascii) + style.keySeparator + writeJson(value, style, depth + 1),
      )
  const [start, end] = isArray ? '[]' : '{}'
  if (parts.length === 0) return `${start}${end}`
  if (style.indent === undefined) return start + parts.join(style.itemSeparator) + end
  const inner = `\n${style.indent.repeat(depth + 1)}`
  return `${start}${inner}${parts.join(style.itemSeparator + inner)}\n${style.indent.repeat(depth)}${end}`
}

function sorted(entries: [string, Item][], sort: boolean): [string, Item][] {
  return sort ? entries.sort(([a], [b]) => compareText(a, b)) : entries
}

function jsonStyle(args: Arguments, nice: boolean): JsonStyle {
  const given = args.get('indent')
  const indent =
    given === undefined
      ? nice
        ? '    '
        : undefined
      : given === null
        ? undefined
        : typeof given === 'string'
          ? given
          : ' '.repeat(args.integer('indent'))
  const separators = args.get('separators')
  const [item, key] = isList(separators)
    ? separators.map(str)
    : nice || indent !== undefined
      ? [',', ': ']
      : [', ', ': ']
  return {
    indent,
    sortKeys: args.flag('sort_keys', nice),
    ascii: args.flag('ensure_ascii', true),
    itemSeparator: item ?? ',',
    keySeparator: key ?? ': ',
  }
}

function yamlStyle(args: Arguments, nice: boolean): YamlStyle {
  const flow = args.get('default_flow_style')
  const width = args.get('width')
  return {
    indent: args.integer('indent', nice ? 4 : 2),
    flow: flow === undefined || flow === null ? (nice ? 'never' : 'leaves') : flow === true ? 'always' : 'never',
    sortKeys: args.flag('sort_keys', true),
    width: width === undefined || width === null ? 80 : Math.min(args.number('width'), 1e9),
  }
}

function fromJson(input: Item): Item {
  try {
    return JSON.parse(str(input)) as Item
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message.replace(/, "?\.\.\..*| is not valid JSON.*/s, '') : ''
    throw new Fault('template-format', `this is not JSON${reason === '' ? '' : `: ${reason}`}`)
  }
}

const jsonParameters = 'indent sort_keys separators ensure_ascii'
const yamlParameters = 'indent default_flow_style sort_keys width'

/** Filters between values and their JSON and YAML texts. */
export const jsonYaml: FilterTable = {
  to_json: reading(jsonParameters, (input, args) => writeJson(input, jsonStyle(args, false))),
  to_nice_json: reading(jsonParameters, (input, args) => writeJson(input, jsonStyle(args, true))),
  tojson: reading('indent', (input, args) =>
    writeJson(input, { ...jsonStyle(args, false), sortKeys: true }).replace(
      /[<>&']/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  ),
  from_json: reading('', fromJson),
  to_yaml: reading(yamlParameters, (input, args) => writeYaml(input, yamlStyle(args, false))),
  to_nice_yaml: reading(yamlParameters, (input, args) => writeYaml(input, yamlStyle(args, true))),
  from_yaml: reading('', (input, _args, context) => {
    if (typeof input !== 'string') return input
    const documents = context.parseYaml(input)
    if (documents.length > 1)
      throw new Fault('template-format', 'this YAML holds more than one document', { mend: 'use | from_yaml_all' })
    return documents[0] ?? null
  }),
  from_yaml_all: reading('', (input, _args, context) => (typeof input === 'string' ? context.parseYaml(input) : input)),
}

import type { Expression } from './ast.ts'
import { dictOf } from './dicts.ts'
import { negative } from './operators.ts'
import { parseExpressionText } from './parser.ts'
import { float, type Item, tuple } from './values.ts'

class NotLiteral extends Error {}

/**
 * What Ansible takes an assembled text for: a text that reads as a list, a mapping or True or False becomes that
 * value, any other stays the text. Undefined means that it stays.
 */
export function readLiteral(text: string): Item | undefined {
  if (text === 'True') return true
  if (text === 'False') return false
  if (!/^[[{]/.test(text) || !/[\]}]\s*$/.test(text)) return undefined
  try {
    return literal(parseExpressionText(text))
  } catch {
    return undefined
  }
}

function literal(node: Expression): Item {
  switch (node.kind) {
    case 'constant':
      return node.value
    case 'float':
      return float(node.value)
    case 'name':
      if (node.name === 'null') return null
      throw new NotLiteral()
    case 'list':
      return node.items.map(literal)
    case 'tuple':
      return tuple(...node.items.map(literal))
    case 'dict':
      return dictOf(
        node.entries.map(([key, value]) => {
          if (key.kind !== 'constant') throw new NotLiteral()
          return [String(key.value), literal(value)] as const
        }),
      )
    case 'negative':
      return negative(literal(node.of))
    default:
      throw new NotLiteral()
  }
}

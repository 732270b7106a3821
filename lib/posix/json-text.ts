import { derive, isMapping, Secret, type Text, type Value } from '../task.ts'

/** The text of a value: texts as they are, lists and mappings as JSON with a blank after `,` and `:`. Secret when a secret is inside. */
export function textOf(value: Value): Text {
  if (typeof value === 'string' || value instanceof Secret) return value
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  const pieces = [...piecesOf(value)]
  return derive(pieces, (...plain) =>
    plain.map((one, index) => (isSecret(pieces[index]) ? JSON.stringify(one) : one)).join(''),
  )
}

const isSecret = (text: Text | undefined): boolean => text instanceof Secret

function* piecesOf(value: Value): Generator<Text> {
  if (value instanceof Secret) yield value
  else if (Array.isArray(value)) {
    yield '['
    for (const [index, one] of value.entries()) {
      if (index > 0) yield ', '
      yield* piecesOf(one as Value)
    }
    yield ']'
  } else if (isMapping(value)) {
    yield '{'
    for (const [index, [key, one]] of Object.entries(value).entries()) {
      yield `${index > 0 ? ', ' : ''}${JSON.stringify(key)}: `
      yield* piecesOf(one)
    }
    yield '}'
  } else yield JSON.stringify(value)
}

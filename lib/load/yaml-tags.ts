import { type Diagnostic, LoadError, problem } from '../core/diagnostic.ts'
import type { Position, Value } from '../core/plain.ts'
import { Secret } from '../core/secret.ts'
import { borrowPlaces } from './places.ts'
import { readPlain } from './yaml-scalars.ts'

/** Turns encrypted text into a secret; `label` names it in messages. Throws LoadError when it cannot. */
export type Decrypt = (tag: 'vault' | 'age', text: string, at: Position, label: string) => Secret

/** What reading a tagged value needs: where it stands, the key it is under, the vault and a way to say what is wrong. */
export interface Tagged {
  readonly at: () => Position
  readonly label: string
  readonly decrypt: Decrypt | undefined
  readonly add: (diagnostic: Diagnostic) => void
  readonly report: (code: string, message: string, mend?: string) => void
}

/** The value of a text with a tag: `!vault`, `!age`, `!unsafe` and the plain types of YAML. */
export function readTagged(tag: string, text: string, where: Tagged): Value {
  const name = tag.replace(/^tag:yaml\.org,2002:/, '!!')
  switch (name) {
    case '!vault':
    case '!vault-encrypted':
      return encrypted('vault', text, where)
    case '!age':
      return encrypted('age', text, where)
    case '!unsafe':
      return asLiteral(text)
    case '!!str':
      return text
    case '!!null':
      return null
    case '!!int':
    case '!!float':
    case '!!bool': {
      const value = readPlain(text)
      if (typeof value === (name === '!!bool' ? 'boolean' : 'number')) return value
      where.report('yaml-wrong-tag', `"${text}" cannot be read as ${name}`)
      return null
    }
    default:
      where.report(
        'yaml-unknown-tag',
        `the tag "${name}" is not known`,
        'known tags: !vault, !age, !unsafe; if the text is meant, put all of it in quotes',
      )
      return null
  }
}

function encrypted(tag: 'vault' | 'age', text: string, { at, label, decrypt, add }: Tagged): Value {
  try {
    if (decrypt) return decrypt(tag, text, at(), label === '' ? 'value' : label)
    add(vaultNotSetUp(tag, at()))
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    for (const diagnostic of error.diagnostics) add(diagnostic)
  }
  return null
}

/** The finding that something is encrypted and nothing was given to decrypt it with. */
export function vaultNotSetUp(tag: 'vault' | 'age', at: Position): Diagnostic {
  return problem('vault-not-set-up', `this value is encrypted (!${tag}), but no key for it was given`, {
    at,
    mend: 'give the key or the password of the vault to this run',
  })
}

/** The content of a file that was encrypted as a whole: every text in it is a secret, named by its key. */
export function asSecrets(value: Value, label: string): Value {
  if (typeof value === 'string') return new Secret(value, label)
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value
  const out = Array.isArray(value)
    ? value.map((item) => asSecrets(item, label))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asSecrets(item, key)]))
  borrowPlaces(out, value)
  return out
}

/** Text that renders to itself: the opening marks of templates become templates that give the mark. */
function asLiteral(text: string): string {
  return text.replace(/\{(?=[{%#])/g, '{{ "{" }}')
}

import { type Finding, problem } from '../task.ts'
import { pythonRegex } from './python-regex.ts'

/** Finds arguments that should be regular expressions and are not. */
export function checkPatterns(
  args: { readonly [name: string]: unknown },
  names: readonly string[],
): readonly Finding[] {
  return names.flatMap((name): Finding[] => {
    const pattern = args[name]
    if (typeof pattern !== 'string') return []
    try {
      pythonRegex(pattern)
      return []
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return [
        {
          path: [name],
          diagnostic: problem('wrong-argument', error.message, {
            mend: 'put a backslash before ( ) [ ] { } . * + ? that shall mean themselves',
          }),
        },
      ]
    }
  })
}

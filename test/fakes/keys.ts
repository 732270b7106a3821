import { LoadError, problem } from '../../lib/core/diagnostic.ts'
import { Secret } from '../../lib/core/secret.ts'
import type { KeyOptions } from '../../lib/secrets/keys.ts'

/** Keys of nobody, in a home that has none; `answers` are typed one after the other, and `asked` keeps the questions. */
export function keyOptions(
  folder: string,
  more: Partial<KeyOptions> & { readonly answers?: readonly string[] } = {},
): KeyOptions & { readonly asked: readonly string[] } {
  const answers = [...(more.answers ?? [])]
  const asked: string[] = []
  return {
    identity: [],
    vaultPasswordFile: [],
    vaultId: [],
    askVaultPass: false,
    env: {},
    home: folder,
    cwd: folder,
    ask: async (question, label) => {
      asked.push(question)
      const answer = answers.shift()
      if (answer === undefined) throw new LoadError(problem('no-terminal', 'nobody to ask'))
      return new Secret(answer, label)
    },
    ...more,
    asked,
  }
}

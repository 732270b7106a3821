import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentsAfter, isZx } from './command-line.ts'
import { quote } from './core/script.ts'

/**
 * The command to type to do the same again, on `hosts` only unless that is empty; an earlier `--limit` gives way to them.
 * Its words are as they were typed, so mask it before showing it.
 */
export function rerunCommand(entryFile: string, argv: readonly string[], hosts: readonly string[]): string {
  const path = entryFile.startsWith('file:') ? fileURLToPath(entryFile) : entryFile
  const words = argumentsAfter(entryFile, argv)
  const limit = hosts.length === 0 ? [] : ['--limit', hosts.join(',')]
  const kept = hosts.length === 0 ? words : withoutLimit(words)
  return [...(isZx(argv) ? ['npx', 'zx'] : ['node']), relative('', path), ...kept, ...limit].map(quote).join(' ')
}

function withoutLimit(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => {
    const before = words[index - 1] ?? ''
    return !/^(--limit(=.*)?|-l.*)$/.test(word) && before !== '--limit' && before !== '-l'
  })
}

import { quote } from '../core/script.ts'

/** Names of variables whose values are hidden. */
const telling = /pass|secret|token|key|credential|pin|otp|auth/i

const hidden = '<hidden>'

/**
 * A command line as it may be kept: the words as they were typed, except for values that `-e` gives to variables with
 * secret-looking names, and whole `-e` words that cannot be taken apart.
 */
export function shownCommand(name: string, words: readonly string[]): string {
  const shown: string[] = []
  let isVars = false
  for (const word of words) {
    const inline = /^(--extra-vars=|-e=?)(.+)$/s.exec(word)
    if (isVars) shown.push(variables(word))
    else if (inline !== null) shown.push(`${inline[1]}${variables(inline[2] ?? '')}`)
    else shown.push(word)
    isVars = !isVars && (/^-[a-zA-Z]*e$/.test(word) || word === '--extra-vars')
  }
  return [name, ...shown.map(quote)].join(' ')
}

function variables(text: string): string {
  if (text.startsWith('@')) return text
  if (/^\s*[{[]/.test(text)) {
    try {
      return JSON.stringify(JSON.parse(text), (key, value) => (telling.test(key) ? hidden : value))
    } catch {
      return hidden
    }
  }
  if (!telling.test(text)) return text
  const pair = /^(\w+)=(.*)$/s.exec(text)
  const several = /\s\w+=/.test(text)
  if (pair === null || several) return several && pair !== null ? hidden : text.replace(/=.*/s, `=${hidden}`)
  return telling.test(pair[1] ?? '') ? `${pair[1]}=${hidden}` : text
}

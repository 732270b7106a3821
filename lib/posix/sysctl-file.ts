import { splitLines } from './edit-lines.ts'

/** Values are compared without regard to blanks, as the kernel prints tabs. */
export function tidy(value: string): string {
  return value.trim().replace(/\s+/g, ' ')
}

const settingOf = (line: string): { readonly name: string; readonly value: string } | undefined => {
  const [, name, value = ''] = /^\s*-?([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
  return name === undefined ? undefined : { name: name.replaceAll('/', '.'), value }
}

/** The text of a sysctl file with the parameter set to the value, once. */
export function putSetting(text: string, name: string, value: string): string {
  const lines = splitLines(text)
  const places = lines.flatMap((line, index) => (settingOf(line)?.name === name ? [index] : []))
  const last = places.at(-1)
  if (last === undefined) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${name}=${value}\n`
  if (tidy(settingOf(lines[last] ?? '')?.value ?? '') !== tidy(value)) lines[last] = `${name}=${value}\n`
  return lines.filter((_, index) => index === last || !places.includes(index)).join('')
}

/** The text without the parameter. */
export function dropSetting(text: string, name: string): string {
  return splitLines(text)
    .filter((line) => settingOf(line)?.name !== name)
    .join('')
}

import { quote } from '../../core/script.ts'

/** Stands in the programs that the sandbox itself puts on a machine. */
export const OWN = '# a program of the sandbox'

/** The text of a program for the machine: variables, then lines of shell. */
export function programText(
  shell: string,
  variables: { readonly [name: string]: string },
  lines: readonly string[],
): string {
  const set = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`)
  return `${[`#!${shell}`, OWN, ...set, ...lines].join('\n')}\n`
}

import type { Command } from './command-line.ts'
import { type Flag, type Flags, longName } from './flags.ts'

const width = 80

/** Column at which the explanation of a flag begins. */
const indent = 27

const exits = [
  ['0', 'fine'],
  ['1', 'a task failed'],
  ['2', 'wrong usage, inventory or playbook; nothing was touched'],
  ['4', 'a host could not be reached (also when a task failed on another)'],
  ['130', 'stopped by Ctrl-C'],
  ['250', 'a defect of this program'],
] as const

/** The text of `--help`: examples first, flags under their headings, exit codes at the end; 80 columns wide. */
export function helpText<F extends Flags>(command: Command<F>): string {
  const { operands } = command
  const operand = operands === undefined ? '' : ` ${operands.least === 0 ? `[${operands.name}]` : operands.name}`
  const sections = [
    [`Usage: ${command.name}${operand} [flags]`],
    wrap(command.summary, 0),
    ['Examples:', ...command.examples.flatMap(({ words, says }) => [`  ${command.name} ${words}`, ...wrap(says, 6)])],
    ...(operands === undefined ? [] : [row(operands.name, operands.help)]),
    ...groupsOf(command.flags),
    ['Exit codes:', ...exits.map(([code, means]) => `  ${code.padEnd(5)}${means}`)],
  ]
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function groupsOf(flags: Flags): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>()
  for (const [key, flag] of Object.entries(flags)) {
    groups.set(flag.group, [...(groups.get(flag.group) ?? []), ...row(nameOf(key, flag), flag.help)])
  }
  return [...groups].map(([title, lines]) => [`${title}:`, ...lines])
}

function nameOf(key: string, { short, takes }: Flag<unknown>): string {
  const value = takes === undefined ? '' : ` ${takes}`
  return `${short === undefined ? '    ' : `-${short}, `}--${longName(key)}${value}`
}

/** A name and its explanation side by side; a long name has the first line for itself. */
function row(name: string, help: string): readonly string[] {
  const lines = wrap(help, indent)
  const head = `  ${name}`
  if (head.length + 2 > indent) return [head, ...lines]
  return [head.padEnd(indent) + (lines[0] ?? '').slice(indent), ...lines.slice(1)]
}

/** The text in lines of 80 columns, each behind that many blanks. */
export function wrap(text: string, from: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && from + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((one) => ' '.repeat(from) + one)
}

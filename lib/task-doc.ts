import type { TaskModule } from './core/module.ts'
import { wrap } from './help.ts'
import { type Argument, argumentsOf } from './load/module-schema.ts'

/** A task's page for the terminal: what holds after it, its arguments (`=` must be given), what it returns, examples. */
export function taskDoc(name: string, module: TaskModule): string {
  const { returns = {}, examples } = module
  const given = argumentsOf(module)
  const sections = [
    [name, ...wrap(module.summary, 2)],
    ['arguments (= must be given)', ...(given.length === 0 ? ['  none'] : given.flatMap(argument))],
    ...(Object.keys(returns).length === 0
      ? []
      : [['returns', ...Object.entries(returns).flatMap(([key, meaning]) => [`  ${key}`, ...wrap(meaning, 6)])]]),
    [
      'examples',
      ...examples.flatMap((one) => `- ${one.replaceAll('\n', '\n  ')}`.split('\n').map((line) => `  ${line}`)),
    ],
  ]
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`
}

function argument({ name, aliases, type, required, default: usual, description }: Argument): readonly string[] {
  const others = aliases.length === 0 ? '' : ` (also ${aliases.join(', ')})`
  const about = [type.replaceAll('`', ''), ...(usual === undefined ? [] : [`usual: ${JSON.stringify(usual)}`])].join(
    '; ',
  )
  return [`${required ? '=' : ' '} ${name}${others}`, ...wrap(about, 6), ...wrap(description, 6)]
}

/** All tasks with what holds after each, by their folders. */
export function taskList(
  tasks: readonly { readonly name: string; readonly folder: string; readonly summary: string }[],
): string {
  const widest = Math.max(...tasks.map(({ name }) => name.length))
  const folders = Map.groupBy(tasks, ({ folder }) => folder)
  const parts = [...folders]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([folder, own]) =>
      [folder, ...own.map(({ name, summary }) => `  ${name.padEnd(widest)}  ${summary}`)].join('\n'),
    )
  return `${parts.join('\n\n')}\n`
}

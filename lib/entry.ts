import { keepCompiled } from './compiled.ts'

// What an entry imports itself is loaded before this and stripped of its types every time.
keepCompiled()

/** `runEntry` of `cli.ts`, which is loaded with its compiled form. */
export const runEntry: typeof import('./cli.ts').runEntry = async (entry) => (await import('./cli.ts')).runEntry(entry)

/** `runCommand` of `cli.ts`, which is loaded with its compiled form. */
export const runCommand: typeof import('./cli.ts').runCommand = async (entry) =>
  (await import('./cli.ts')).runCommand(entry)

import { enableCompileCache } from 'node:module'

// What is loaded from here on is compiled once and kept; what an entry imports itself is stripped of its types every time.
enableCompileCache()

/** `runEntry` of `cli.ts`, which is loaded with its compiled form. */
export const runEntry: typeof import('./cli.ts').runEntry = async (entry) => (await import('./cli.ts')).runEntry(entry)

/** `runCommand` of `cli.ts`, which is loaded with its compiled form. */
export const runCommand: typeof import('./cli.ts').runCommand = async (entry) =>
  (await import('./cli.ts')).runCommand(entry)

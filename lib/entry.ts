import { registerHooks } from 'node:module'
import { keepCompiled } from './compiled.ts'

// What an entry imports itself is loaded before this and stripped of its types every time.
keepCompiled()

const project = new URL('..', import.meta.url).href

// Our files name each other in full: there is nothing to look up, which is a good part of what loading takes.
registerHooks({
  resolve: (name, context, next) =>
    name.startsWith('.') && name.endsWith('.ts') && context.parentURL?.startsWith(project)
      ? { url: new URL(name, context.parentURL).href, format: 'module-typescript', shortCircuit: true }
      : next(name, context),
})

/** `runEntry` of `cli.ts`, which is loaded with its compiled form. */
export const runEntry: typeof import('./cli.ts').runEntry = async (entry) => (await import('./cli.ts')).runEntry(entry)

/** `runCommand` of `cli.ts`, which is loaded with its compiled form. */
export const runCommand: typeof import('./cli.ts').runCommand = async (entry) =>
  (await import('./cli.ts')).runCommand(entry)

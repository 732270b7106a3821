import type { TaskModule } from './core/module.ts'

export type { Change } from './core/change.ts'
export { create, remove, run, update } from './core/change.ts'
export { didYouMean } from './core/closest.ts'
export type { Output, Pieces } from './core/connection.ts'
export { ConnectError, type Diagnostic, NotYetError, problem, TaskError } from './core/diagnostic.ts'
export { bytesOf, type HttpAnswer, type HttpReply, type HttpRequest } from './core/http.ts'
export type { Context, Finding, Io, Result, TaskModule } from './core/module.ts'
export { isMapping, type Plain, type Value } from './core/plain.ts'
export type { Answer, Joint, Probe, Query } from './core/query.ts'
export type { Evaluated, Source, SourceEntry, SourceFolder } from './core/schema.ts'
export { s } from './core/schema.ts'
export { join, raw, type Script, sh } from './core/script.ts'
export { masked, Secret, type Text } from './core/secret.ts'
export { shownValue } from './core/shown.ts'
export { byteLength, derive, ending, endingLines, same, sha256, shortened } from './core/text.ts'

/** Declares a task module; it only helps the compiler to infer the types of state and change. */
export function task<Args, State, Data>(module: TaskModule<Args, State, Data>): TaskModule<Args, State, Data> {
  return module
}

import { Fault } from './error.ts'

/** The most that one template may put out, in characters. */
export const maxText = 16 * 1024 * 1024

/** A Fault about too much work or too large a result. */
export function limit(message: string): Fault {
  return new Fault('template-limit', message)
}

/** Lists longer than this are refused. */
export const maxItems = 1_000_000

/** What one rendering, with all it leads to, may cost. */
export interface Budget {
  steps: number
  depth: number
}

const maxSteps = 2_000_000

const maxDepth = 120

/** Counts one step of work; throws a Fault when a template works without end. */
export function step(budget: Budget): void {
  if (++budget.steps > maxSteps) throw limit('the template takes too long: it does more than 2 million steps')
}

/** Does `work` one level deeper; throws a Fault when macros, includes or variables lead ever deeper. */
export function deeper<Result>(budget: Budget, work: () => Result): Result {
  if (++budget.depth > maxDepth) {
    budget.depth = 0
    throw limit('the template leads too deep: macros, includes or variables call one another without end')
  }
  const result = work()
  budget.depth--
  return result
}

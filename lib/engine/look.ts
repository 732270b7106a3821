import type { Diagnostic } from '../core/diagnostic.ts'
import type { Answer } from '../core/query.ts'
import type { Asked } from './asked.ts'
import type { Attempt } from './attempt.ts'
import type { PlayState } from './play-state.ts'
import type { Ready } from './prepare.ts'

/** What a task saw, or why it could not look. */
export type Look = { readonly seen: unknown } | { readonly unavailable: Diagnostic }

/** What a task asks, and as whom. */
export function questionsOf({ probe, become }: Ready): readonly Asked[] {
  return probe.ask.map((query) => ({ query, become }))
}

/** Asks what this task needs, together with what later tasks will need, unless the answers are known already. */
export async function look(state: PlayState, ready: Ready, how: Attempt): Promise<Look> {
  const own = questionsOf(ready)
  const { answers } = how.where
  if (ready.probe.inTurn) answers.forgetSome(own)
  const got = await how.where.timed('asking', async (): Promise<Answer[]> => {
    if (own.some((asked) => !answers.has(asked))) {
      how.where.doing('looking')
      // The link is made while the questions of later tasks are prepared.
      const link = own.some(({ query }) => query.on === 'shell') ? how.where.connection() : undefined
      let broken: unknown
      link?.catch((error: unknown) => {
        broken = error
      })
      const ahead = await how.ahead()
      if (broken !== undefined) throw broken
      answers.ask([...own, ...ahead])
    }
    const asked = answers.ask(own)
    await ready.probe.meanwhile?.()
    return Promise.all(asked)
  })
  state.signal.throwIfAborted()
  const missing = got.find((answer) => answer.unavailable)?.unavailable
  if (missing && !ready.probe.evenWithout) return { unavailable: missing }
  return { seen: ready.probe.read(got) }
}

/**
 * Looks again after a change. What rode on the change was asked at its very end: when that is not as wanted, one more look,
 * in a trip of its own, has the last word.
 */
export async function lookAgain(
  state: PlayState,
  ready: Ready,
  how: Attempt,
  asWanted: (seen: unknown) => boolean,
): Promise<Look> {
  const { answers } = how.where
  const own = questionsOf(ready)
  const rode = !ready.probe.inTurn && own.length > 0 && own.every((asked) => answers.has(asked))
  const after = await look(state, ready, how)
  if (!rode || (!('unavailable' in after) && asWanted(after.seen))) return after
  answers.forget()
  return look(state, ready, how)
}

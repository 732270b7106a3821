import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sh } from '../../../lib/core/script.ts'
import { Answers, type Transports } from '../../../lib/engine/answers.ts'

const test = suite('lib/engine/answers')

/** Asks for one script after the other in one batch; gives the deadline of the batch. */
async function deadlineOf(...patience: readonly (number | undefined)[]): Promise<number | undefined> {
  let deadline: number | undefined
  const batch = async (_: unknown, scripts: readonly unknown[], { timeout }: { readonly timeout?: number }) => {
    deadline = timeout
    return scripts.map(() => ({ code: 0, stdout: '', stderr: '' }))
  }
  const answers = new Answers({
    connection: async () => ({}),
    services: { batch },
    signal: new AbortController().signal,
  } as unknown as Transports)
  const asked = patience.map((one, index) => ({
    query: { on: 'shell', script: sh`look ${index}`, ...(one !== undefined && { patience: one }) } as const,
    become: undefined,
  }))
  await Promise.all(answers.ask(asked))
  return deadline
}

test('a batch has as much time as the most patient of its questions, and never less than usual', async () => {
  const usual = await deadlineOf(undefined)
  assert.ok(usual !== undefined && usual >= 60_000)
  assert.is(await deadlineOf(undefined, 1), usual)
  assert.is(await deadlineOf(7_200_000, undefined, 3_600_000), 7_200_000)
})

test.run()

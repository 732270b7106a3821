import { masked, problem, s, TaskError, task } from '../../lib/task.ts'

export default task({
  summary: 'Some conditions hold; otherwise the play ends for the host.',
  args: s.args({
    that: s.list(s.expression('A condition.'), 'Conditions that must all hold, written as in "when".', {
      expression: true,
    }),
    fail_msg: s.any('What to say when one does not hold: a text or a list of texts.', { aliases: ['msg'] }).optional(),
    success_msg: s.any('What to say when all hold.').optional(),
    quiet: s.boolean('Say nothing when all hold.').default(false),
  }),
  examples: [
    `assert:
  that:
    - ansible_memtotal_mb >= 1900
    - ansible_architecture in ['x86_64', 'aarch64']
  fail_msg: The server needs 2 GB of memory and a 64-bit processor.`,
  ],
  returns: { msg: 'What was said.', assertion: 'The condition that does not hold.', evaluated_to: 'Its value.' },

  probe: () => ({ ask: [], read: () => undefined }),
  diff: ({ that, fail_msg }) => {
    const broken = that.find(({ value }) => !holds(value))
    if (broken === undefined) return []
    const message = fail_msg === undefined ? 'Assertion failed' : textOf(fail_msg)
    throw new TaskError(
      problem('assertion-failed', message, {
        detail: `${broken.text} is ${broken.value === undefined ? 'not defined' : 'false'}`,
        mend: 'make the condition true, then run again',
      }),
      { values: { assertion: broken.text, evaluated_to: false, msg: message } },
    )
  },
  result: ({ success_msg, quiet }) => {
    const msg = success_msg === undefined ? 'All assertions passed' : textOf(success_msg)
    return { values: { msg }, ...(!quiet && success_msg !== undefined && { message: msg }) }
  },
})

/** Truth as in Jinja: nothing, zero, and empty texts, lists and mappings are false. */
function holds(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return Object.keys(value).length > 0
  return Boolean(value)
}

function textOf(value: unknown): string {
  return (Array.isArray(value) ? value : [value])
    .map((one) => masked(typeof one === 'object' ? one : String(one)))
    .join('\n')
}

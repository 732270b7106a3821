import { type Finding, problem, s, shownValue, task, type Value } from '../../lib/task.ts'

export default task({
  summary: 'Prints a text or a variable; changes nothing.',
  args: s.args({
    msg: s.any('What to print.').optional(),
    var: s.expression('Expression whose value is printed, without braces: a variable, say.').optional(),
    verbosity: s.int('Print only with so many -v on the command line.').default(0),
  }),
  examples: [
    'debug: { msg: "The server listens on {{ port }}" }',
    'debug: { var: ansible_distribution_version, verbosity: 1 }',
  ],
  returns: { msg: 'What was printed, when it was given as msg.' },

  validate: ({ msg, var: expression }): readonly Finding[] =>
    msg !== undefined && expression !== undefined
      ? [
          {
            path: ['var'],
            diagnostic: problem('wrong-argument', 'debug takes msg or var, not both', { mend: 'remove one of them' }),
          },
        ]
      : [],
  probe: (_args, { verbosity = 0 }) => ({ ask: [], read: () => verbosity }),
  diff: () => [],
  result: ({ msg, var: expression, verbosity }, given) => {
    if (given < verbosity) return { skipped: `needs ${'-'}${'v'.repeat(verbosity)}` }
    if (expression === undefined) {
      const printed: Value = msg ?? 'Hello world!'
      return { values: { msg: printed }, message: messageOf(printed) }
    }
    const { text, value } = expression
    const printed = value === undefined ? 'VARIABLE IS NOT DEFINED!' : value
    return { values: { [text]: printed }, message: `${text}: ${messageOf(printed)}` }
  },
})

function messageOf(value: Value): string {
  const shown = shownValue(value)
  return typeof shown === 'string' ? shown : JSON.stringify(shown, undefined, 2)
}

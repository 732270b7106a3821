import { found } from '../../lib/containers/inspect.ts'
import { plainLines } from '../../lib/containers/log-text.ts'
import { problem, s, TaskError, task } from '../../lib/task.ts'

export default task({
  summary: 'Shows the last lines that a container wrote, with their times.',
  args: s.args({
    name: s.string('Name of the container.'),
    tail: s.int('How many lines.', { min: 1, max: 100_000 }).default(100),
  }),
  examples: ['docker_logs: { name: rocketchat, tail: 50 }'],
  returns: { lines: 'The lines.' },

  probe: ({ name, tail }) => ({
    // With times in front, no line begins with what could be part of a frame's head.
    ask: [
      {
        on: 'docker',
        path: `/containers/${encodeURIComponent(name)}/logs?stdout=1&stderr=1&timestamps=1&tail=${tail}`,
      },
    ],
    read: ([answer]) => {
      if (answer?.code === 404)
        throw new TaskError(
          problem('container-missing', `there is no container ${name}`, {
            mend: 'install it with playbooks/install.ts',
          }),
        )
      found(answer)
      return plainLines(answer?.text ?? '')
    },
  }),
  diff: () => [],
  result: ({ name }, lines) => ({
    values: { lines },
    message: lines.length === 0 ? `${name} wrote nothing` : lines.join('\n'),
  }),
})

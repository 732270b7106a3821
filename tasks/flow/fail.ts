import { masked, problem, s, TaskError, task } from '../../lib/task.ts'

export default task({
  summary: 'Ends the play for the host with a message.',
  args: s.args({
    msg: s.text('What to say; a secret in it is shown as its name.').default('Failed as requested from task'),
  }),
  examples: [
    `name: Refuse an unknown system
fail:
  msg: This playbook knows Debian and Ubuntu only.
when: ansible_os_family != 'Debian'`,
  ],
  probe: () => ({ ask: [], read: () => undefined }),
  diff: ({ msg }) => {
    throw new TaskError(problem('failed-as-asked', masked(msg)), { values: { msg } })
  },
})

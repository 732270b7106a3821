import { tokenUserSecret } from '../../lib/rocketchat/session.ts'
import { s, task } from '../../lib/task.ts'

export default task({
  summary: 'Says what has to be entered in Ametys, and what only a person can do there.',
  args: s.args({
    url: s.string('Public address of the chat.'),
    origins: s.words('Origins that were configured.'),
    token_command: s.string('The command that shows the token.'),
  }),
  examples: [
    'ametys_handover: { url: "https://chat.example.org", origins: "https://spaces.example.org", token_command: "npx zx scripts/token.ts --inventory prod" }',
  ],
  probe: () => ({
    ask: [{ on: 'store', name: tokenUserSecret }],
    read: ([user]) => user?.ok === true,
  }),
  diff: () => [],
  result: ({ url, origins, token_command }, stored) => ({
    message: [
      'To enter in Ametys (Workspaces, chat server):',
      `  address of the server   ${url}`,
      `  user id and token       ${stored ? token_command : 'made by the run that applies this'}`,
      `  origins configured      ${origins.join(', ')}`,
      'When project spaces exist already: start the scheduled task "Synchronizing the chat server" in Ametys',
      '(Administration, Scheduled tasks); this program cannot start it.',
    ].join('\n'),
  }),
})

import { expanded } from '../../lib/posix/words.ts'
import { NotYetError, problem, s, sh, TaskError, task } from '../../lib/task.ts'

/** Bytes that are still brought over; a file is no way to move data. */
const limit = 5_000_000

export default task({
  summary: 'Reads a file of the host and returns what is in it, as base64.',
  args: s.args({ src: s.string('Path of the file.', { aliases: ['path'] }) }),
  examples: ['slurp: { src: /etc/ssl/certs/chat.example.org.pem }'],
  returns: {
    content: 'The content as base64: use the filter b64decode.',
    encoding: 'base64',
    source: 'Path of the file.',
  },

  probe: ({ src }) => ({
    ask: [
      {
        on: 'shell',
        script: sh`p=${expanded(src)}; if [ ! -e "$p" ]; then echo missing; elif [ ! -f "$p" ] || [ ! -r "$p" ]; then echo unreadable; elif [ "$(wc -c <"$p")" -gt ${limit} ]; then echo large; else echo +; base64 <"$p"; fi`,
      },
    ],
    read: ([answer]) => answer?.text ?? '',
  }),
  diff: ({ src }, text) => {
    const [found] = text.split('\n', 1)
    if (found === '+') return []
    if (found === 'missing') throw new NotYetError(problem('file-missing', `there is no file ${src} to read`))
    if (found === 'large') throw new TaskError(problem('file-too-large', `${src} has more than ${limit} bytes`))
    throw new TaskError(
      problem('file-unreadable', `${src} is no file that this account can read`, {
        mend: 'add become: true, if it is a file of root',
      }),
    )
  },
  result: ({ src }, text) => ({
    values: { content: text.slice(2).replaceAll('\n', ''), encoding: 'base64', source: src },
  }),
})

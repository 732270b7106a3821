import { NotYetError, problem, s, shortened, TaskError, task } from '../../lib/task.ts'

/** Where Caddy keeps the root of its own authority (https://caddyserver.com/docs/automatic-https, "Local HTTPS"). */
const place = '/data/caddy/pki/authorities/local/root.crt'

export default task({
  summary: "The root certificate of Caddy's own authority is known, and what to do with it is said.",
  args: s.args({
    container: s.string('Name of the container.').default('caddy'),
    url: s.string('Public address of the chat.'),
    file: s.string('The file on this machine that will hold the certificate; it is named in what is said.'),
  }),
  examples: ['caddy_root: { url: "https://chat.example.org", file: inventory/prod/chat.example.org-root.pem }'],
  returns: { certificate: 'The root certificate as PEM.' },

  probe: ({ container }) => ({
    ask: [
      { on: 'docker', path: `/containers/${encodeURIComponent(container)}/archive?path=${encodeURIComponent(place)}` },
    ],
    read: ([answer]) => {
      // A tar archive of one small file of letters: the certificate stands in it as it is.
      const found = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/.exec(answer?.text ?? '')
      if (answer?.ok && found) return `${found[0]}\n`
      const missing = problem(
        'authority-missing',
        `Caddy has no authority of its own in the container ${container} yet`,
        {
          detail: shortened(answer?.text ?? '', 300),
          mend: 'it makes one when a certificate of the source internal is asked for first: run playbooks/install.ts',
        },
      )
      throw answer?.code === 404 ? new NotYetError(missing) : new TaskError(missing)
    },
  }),
  diff: () => [],
  result: ({ url, file }, certificate) => ({
    values: { certificate },
    message: [
      `${url} has a certificate of an authority of its own. Whoever opens it must know its root, ${file}:`,
      `  Ametys    keytool -importcert -noprompt -alias rocketchat -file ${file.split('/').at(-1)} -cacerts`,
      '            on the server of the CMS, with the Java that runs it; then restart the CMS',
      '  browsers  put it among the trusted root certificates of each machine (group policy, profile, ca-certificates)',
      '  The certificate itself is renewed every few hours; the root stays.',
    ].join('\n'),
  }),
})

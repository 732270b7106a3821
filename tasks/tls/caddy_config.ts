import { create, type Finding, problem, s, sh, TaskError, task, update } from '../../lib/task.ts'
import { applyConfig } from '../../lib/tls/caddy-apply.ts'
import { fingerprintOf } from '../../lib/tls/caddy-certificate.ts'

export default task({
  summary:
    'Caddy runs with this configuration; one that does not work is taken back, and the one before stays in service.',
  args: s.args({
    config: s.string('The Caddyfile.'),
    folder: s.string('Folder of the host that the container sees as /etc/caddy.'),
    container: s.string('Name of the container, which runs.').default('caddy'),
    name: s.string('Host name that the proxy answers for.'),
    port: s.int('Port of the host on which it answers.', { min: 1, max: 65535 }),
    source: s
      .choice(['acme', 'files', 'internal', 'none'], 'Where its certificate comes from; none is plain http.')
      .default('none'),
    chain: s.string('Source files: the chain, so that the very certificate is waited for.').default(''),
    timeout: s
      .int('Seconds in which the certificate must be in service; an authority that is asked for one needs time.', {
        min: 1,
      })
      .default(120),
  }),
  examples: [
    `caddy_config:
  config: "{{ lookup('template', 'Caddyfile.j2') }}"
  folder: /opt/rocketchat/caddy
  name: chat.example.org
  port: 443
  source: internal`,
  ],

  validate: ({ source, chain }): readonly Finding[] =>
    source === 'files' && chain !== '' && fingerprintOf(chain) === undefined
      ? [
          {
            path: ['chain'],
            diagnostic: problem('wrong-argument', 'the chain holds no certificate in PEM', {
              mend: 'give the text of the file that begins with -----BEGIN CERTIFICATE-----',
            }),
          },
        ]
      : [],
  probe: ({ folder }) => ({
    ask: [
      {
        on: 'shell',
        script: sh`if [ -e ${`${folder}/Caddyfile`} ]; then cat ${`${folder}/Caddyfile`}; else exit 4; fi`,
      },
    ],
    read: ([answer]) => {
      if (answer?.ok) return answer.text
      if (answer?.code === 4) return undefined
      throw new TaskError(
        problem('unreadable', `the configuration of Caddy in ${folder} cannot be read`, {
          detail: answer?.errors ?? '',
          mend: 'run as root, or with ansible_become: true',
        }),
      )
    },
  }),
  diff: ({ config, folder }, found) => {
    const target = `${folder}/Caddyfile`
    if (found === undefined) return [create(target, config, undefined)]
    return found.trimEnd() === config.trimEnd() ? [] : [update(target, found, config, undefined)]
  },
  apply: async (_change, io, args) => {
    await applyConfig(io, args)
    return undefined
  },
})

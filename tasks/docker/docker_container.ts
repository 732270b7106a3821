import { applyContainer } from '../../lib/containers/apply.ts'
import { containerArgs } from '../../lib/containers/arguments.ts'
import { type Container, found } from '../../lib/containers/inspect.ts'
import { options } from '../../lib/containers/options.ts'
import { containerChanges, type State } from '../../lib/containers/plan.ts'
import { imageName, imagePath, parseImage } from '../../lib/containers/reference.ts'
import { previousName } from '../../lib/containers/replace.ts'
import { visibleContainer } from '../../lib/containers/visible.ts'
import { type Finding, problem, s, task } from '../../lib/task.ts'

export default task({
  summary: 'A container runs as described, or is stopped, or absent.',
  args: s.args({
    name: s.string('Name of the container.'),
    image: s.string('Image: name with tag, or with a digest: "mongo:8.0.4", "…@sha256:…".').optional(),
    state: s
      .choice(
        ['started', 'healthy', 'present', 'stopped', 'absent'],
        '"present" makes it without starting it; "healthy" also waits for its health check.',
      )
      .default('started'),
    ...containerArgs(),
    pull: s
      .boolean('Ask the registry for a newer image each time; a missing image is pulled in any case.')
      .default(false),
    recreate: s.boolean('Make it anew each time.').default(false),
    restart: s.boolean('Restart it each time.').default(false),
    comparisons: s
      .map(
        s.choice(['ignore', 'strict', 'allow_more_present'], 'How to compare.'),
        'Arguments not to look at: { env: ignore }; "*" is all.',
      )
      .optional(),
    purge_networks: s.boolean('Leave networks that are not given.').default(false),
    keep_volumes: s.boolean('Keep its anonymous volumes when it is removed.').default(true),
    force_kill: s.boolean('Kill it instead of asking it to stop.', { aliases: ['forcekill'] }).default(false),
    kill_signal: s.string('Signal that kills it, with force_kill.').optional(),
    paused: s.boolean('With state "started": it is frozen, or goes on.').optional(),
    detach: s.boolean('Accepted for other playbooks; containers always run on behind the task.').default(true),
    cleanup: s.boolean('Accepted for other playbooks; it would only matter for detach: false.').default(false),
    output_logs: s.boolean('Accepted for other playbooks; it would only matter for detach: false.').default(false),
    healthy_timeout: s
      .int(
        'Seconds in which a container with a health check must become healthy: 300 for one that replaces another or has state "healthy"; a new one is only waited for when this is given.',
        {
          aliases: ['healthy_wait_timeout'],
        },
      )
      .optional(),
    container_default_behavior: s
      .choice(['no_defaults'], 'Arguments that are not given are left to Docker.')
      .default('no_defaults'),
  }),
  examples: [
    `docker_container:
  name: mongodb
  image: mongo:8.0.4
  command: mongod --replSet rs0 --bind_ip_all
  volumes: ["mongodb:/data/db"]
  networks: [{ name: rocketchat, aliases: [db] }]
  memory: 2G
  restart_policy: unless-stopped
  log_driver: local
  log_options: { max-size: 10m, max-file: "5" }
  healthcheck:
    test: [CMD, mongosh, --quiet, --eval, "db.adminCommand('ping').ok"]
    interval: 10s
    timeout: 5s
    retries: 6
    start_period: 40s
  ulimits: ["nofile:64000:64000"]
  security_opts: ["no-new-privileges:true"]`,
    `docker_container:
  name: rocketchat
  image: registry.example.org/rocketchat/rocket.chat:8.0.1
  env:
    MONGO_URL: "{{ mongo_url }}"
    PORT: "3000"
  published_ports: ["127.0.0.1:3000:3000"]
  networks: [{ name: rocketchat }]
  state: healthy
  healthy_timeout: 600`,
    `docker_container: { name: old-proxy, state: absent }`,
  ],
  returns: { container: 'What the engine says of the container; secrets of its environment are labels.' },

  validate: (args): readonly Finding[] => {
    const findings: Finding[] = []
    const add = (name: string, message: string, mend?: string) =>
      findings.push({ path: [name], diagnostic: problem('wrong-argument', message, { mend }) })
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(args.name))
      add('name', `"${args.name}" cannot be the name of a container`, 'use letters, digits, "_", "." and "-"')
    for (const option of options) {
      try {
        option.value(args)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        if (!findings.some((one) => one.diagnostic.message === error.message)) add(option.argument, error.message)
      }
    }
    for (const name of Object.keys(args.env ?? {}))
      if (!/^[^=\0\s]+$/.test(name))
        add('env', `"${name}" cannot be the name of a variable`, 'write variables as NAME: value')
    if (args.restart_retries !== undefined && args.restart_policy !== 'on-failure')
      add('restart_retries', 'restart_retries needs restart_policy: on-failure')
    if (!args.detach)
      add('detach', 'a container always runs on behind the task', 'run what ends with command: docker run --rm …')
    if (args.mounts?.some((mount) => mount.type === 'bind' && mount.source === undefined))
      add('mounts', 'a bind mount needs a source', 'say in source which path of the host is mounted')
    return findings
  },
  probe: ({ name, image, state }) => {
    const ask = [
      { on: 'docker' as const, path: `/containers/${name}/json` },
      { on: 'docker' as const, path: `/containers/${previousName(name)}/json` },
    ]
    const wanted =
      image === undefined || state === 'absent'
        ? []
        : [{ on: 'docker' as const, path: imagePath(imageName(parseImage(image)), '/json') }]
    return {
      ask: [...ask, ...wanted],
      read: ([container, previous, of]): State => ({
        container: found<Container>(container),
        previous: found<Container>(previous),
        image: found<{ readonly Id: string }>(of),
      }),
    }
  },
  diff: (args, state) => containerChanges(args, state),
  apply: (change, io, args) => applyContainer(change.data, io, args),
  result: (args, { container }) => ({ values: container ? { container: visibleContainer(container, args.env) } : {} }),
})

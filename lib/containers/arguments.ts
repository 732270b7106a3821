import { s } from '../task.ts'

const seconds = 'as a duration such as "30s" or "1m30s"'

/** The arguments of `docker_container` that describe the container; each is compared with what is there only when it is given. */
export const containerArgs = () => ({
  command: s
    .union(
      s.string(''),
      s.list(s.string(''), ''),
      'What the container runs: a list of words, or one text that is split into words.',
    )
    .optional(),
  entrypoint: s
    .list(s.string('One word.'), 'Program in front of the command, instead of that of the image.')
    .optional(),
  env: s
    .map(
      s.text('A value; quote numbers and booleans.'),
      'Environment; values may be secrets. Other variables of the image stay.',
    )
    .optional(),
  volumes: s
    .list(s.string('One volume.'), 'What is mounted: "name:/path", "/host/path:/path" or "…:/path:ro".')
    .optional(),
  mounts: s
    .list(
      s.object(
        {
          type: s.choice(['bind', 'volume', 'tmpfs', 'npipe'], 'Kind of mount.').default('volume'),
          source: s.string('Name of the volume or path of the host.').optional(),
          target: s.string('Path in the container.'),
          read_only: s.boolean('The container may not write there.').optional(),
          propagation: s
            .choice(
              ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'],
              'How mounts below are passed on, for bind mounts.',
            )
            .optional(),
          no_copy: s.boolean('Do not fill a new volume with what the image has there.').optional(),
          labels: s.map(s.string('A value.'), 'Labels of a new volume.').optional(),
          volume_driver: s.string('Driver of a new volume.').optional(),
          volume_options: s.map(s.string('A value.'), 'Options of that driver.').optional(),
          tmpfs_size: s.string('Greatest size of a tmpfs, such as "64M".').optional(),
          tmpfs_mode: s.string('Permissions of a tmpfs, octal.').optional(),
        },
        'One mount.',
      ),
      'What is mounted, in the long form.',
    )
    .optional(),
  networks: s
    .list(
      s.object(
        {
          name: s.string('Name of the network.'),
          aliases: s.list(s.string('A name.'), 'Further names of the container in this network.').optional(),
          ipv4_address: s.string('Fixed IPv4 address.').optional(),
          ipv6_address: s.string('Fixed IPv6 address.').optional(),
        },
        'One network.',
      ),
      'Networks the container is in; the first takes the place of the default one.',
    )
    .optional(),
  published_ports: s
    .list(s.string('One port.'), 'Ports reachable from outside: "127.0.0.1:3000:3000".', { aliases: ['ports'] })
    .optional(),
  exposed_ports: s
    .list(s.string('One port.'), 'Ports that other containers are told of: "3000", "53/udp".', {
      aliases: ['exposed', 'expose'],
    })
    .optional(),
  restart_policy: s
    .choice(['no', 'on-failure', 'always', 'unless-stopped'], 'When Docker starts the container again.')
    .optional(),
  restart_retries: s.int('How often at most, for on-failure.').optional(),
  memory: s.string('Greatest amount of memory: "512M", "2G".').optional(),
  memory_reservation: s.string('Amount of memory to keep to when the host is short of it.').optional(),
  memory_swap: s.string('Memory and swap together, or "unlimited".').optional(),
  cpus: s.number('How many processors it may use: 1.5.').optional(),
  cpu_shares: s.int('Weight among containers, 1024 being usual.').optional(),
  cpuset_cpus: s.string('Processors it may run on: "0-2".').optional(),
  pids_limit: s.int('How many processes it may have; -1 is no limit.').optional(),
  shm_size: s.string('Size of /dev/shm: "64M".').optional(),
  log_driver: s.string('Where its output goes: local, json-file, journald …').optional(),
  log_options: s
    .map(s.string('A value.'), 'Options of the log driver: max-size, max-file …', { aliases: ['log_opt'] })
    .optional(),
  healthcheck: s
    .object(
      {
        test: s
          .union(
            s.string(''),
            s.list(s.string(''), ''),
            'Command that succeeds when all is well: a text for a shell, or ["CMD", …]; ["NONE"] for none.',
          )
          .optional(),
        interval: s.string(`Time between checks, ${seconds}.`).optional(),
        timeout: s.string(`How long a check may take, ${seconds}.`).optional(),
        retries: s.int('Failures in a row that make it unhealthy.').optional(),
        start_period: s.string(`How long failures do not count after the start, ${seconds}.`).optional(),
      },
      'How Docker finds out whether the container works.',
    )
    .optional(),
  labels: s.map(s.string('A value.'), 'Labels; others of the image stay.').optional(),
  labels_when_made: s
    .map(s.string('A value.'), 'Labels that it gets when it is made, and that are not compared: who made it, and when.')
    .optional(),
  user: s.string('Account in the container: name or number, with ":group" if need be.').optional(),
  working_dir: s.string('Folder the command runs in.').optional(),
  hostname: s.string('Host name in the container.').optional(),
  domainname: s.string('Domain name in the container.').optional(),
  capabilities: s.list(s.string('One capability.'), 'Capabilities to add.', { aliases: ['cap_add'] }).optional(),
  cap_drop: s.list(s.string('One capability.'), 'Capabilities to take away; "ALL" for all.').optional(),
  privileged: s.boolean('Give it all rights on the host.').optional(),
  read_only: s.boolean('Its own file system cannot be written.').optional(),
  tmpfs: s
    .list(s.string('One path.'), 'Paths that are in memory, with options if need be: "/tmp:size=64m".')
    .optional(),
  ulimits: s.list(s.string('One limit.'), 'Limits as "name:soft:hard": "nofile:65535:65535".').optional(),
  sysctls: s.map(s.string('A value.'), 'Kernel parameters of the container.').optional(),
  security_opts: s.list(s.string('One option.'), 'Security options: "no-new-privileges:true".').optional(),
  init: s.boolean('Run a small init as the first process, which reaps the others.').optional(),
  stop_signal: s.string('Signal that asks it to stop: SIGTERM, SIGINT …').optional(),
  stop_timeout: s.int('Seconds to wait for it to stop before it is killed.').optional(),
  network_mode: s.string('host, none, container:NAME, or the name of a network.').optional(),
  etc_hosts: s.map(s.string('An address.'), 'Further names for /etc/hosts.', { aliases: ['extra_hosts'] }).optional(),
  dns_servers: s.list(s.string('An address.'), 'Name servers.', { aliases: ['dns'] }).optional(),
  dns_search_domains: s.list(s.string('A domain.'), 'Domains to complete names with.').optional(),
  dns_opts: s.list(s.string('An option.'), 'Options of the resolver.').optional(),
  devices: s.list(s.string('A device.'), 'Devices of the host: "/dev/snd:/dev/snd:rwm".').optional(),
  groups: s.list(s.string('A group.'), 'Further groups of its processes.').optional(),
  pid_mode: s.string('"host" or "container:NAME" to share process numbers.').optional(),
  ipc_mode: s.string('How memory is shared between processes.').optional(),
  userns_mode: s.string('User namespace: "host".').optional(),
  tty: s.boolean('Give it a terminal.').optional(),
  interactive: s.boolean('Keep its standard input open.').optional(),
  oom_score_adj: s.int('How likely it is killed when memory runs out, -1000 to 1000.').optional(),
  runtime: s.string('Runtime to use.').optional(),
  auto_remove: s.boolean('Docker removes the container when it has ended.').optional(),
  blkio_weight: s.int('Weight of its reading and writing among containers, 10 to 1000.').optional(),
  cgroup_parent: s.string('Control group that its own is made in.').optional(),
  cgroupns_mode: s.choice(['host', 'private'], 'Whose control groups it sees.').optional(),
  cpu_period: s.int('Period of the processor limit, in microseconds.').optional(),
  cpu_quota: s.int('Time of the processor in each period, in microseconds.').optional(),
  cpuset_mems: s.string('Memory nodes it may use: "0-1".').optional(),
  memory_swappiness: s.int('How readily its memory is swapped out, 0 to 100.').optional(),
  oom_killer: s.boolean('Switch off that it is killed when memory runs out.').optional(),
  publish_all_ports: s.boolean('Publish all exposed ports at ports that Docker chooses.').optional(),
  storage_opts: s.map(s.string('A value.'), 'Options of the storage driver: size …').optional(),
  uts: s.string('"host" to share the host name of the host.').optional(),
  volume_driver: s.string('Driver of volumes that come into being.').optional(),
  links: s.list(s.string('A container.'), 'Other containers it can reach by name: "db" or "db:alias".').optional(),
  platform: s.string('Platform of the image: "linux/arm64".').optional(),
  volumes_from: s.list(s.string('A container.'), 'Containers whose volumes it gets: "other:ro".').optional(),
})

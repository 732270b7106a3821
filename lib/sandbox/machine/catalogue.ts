/** A Debian package as far as the sandbox needs it. */
export interface Package {
  readonly version: string
  readonly section: string
  readonly summary: string
  readonly depends?: readonly string[]
  /** Commands that come with it; the sandbox answers them. */
  readonly commands?: readonly string[]
  /** Other programs: they are there and do nothing. */
  readonly programs?: readonly string[]
  readonly files?: { readonly [path: string]: string }
  /** Unit files; enabled and started after the installation, as Debian does. */
  readonly units?: { readonly [name: string]: string }
  readonly groups?: readonly string[]
  readonly users?: readonly { readonly name: string; readonly home: string; readonly shell: string }[]
  /** Belongs to a fresh server. */
  readonly preinstalled?: boolean
  /** Server of a repository other than the distribution's; it can be had when a list of apt names it. */
  readonly origin?: string
  /** Not named, but there: `all` or the machine's own. */
  readonly architecture?: 'all'
}

const service = (description: string, exec: string, more = '') =>
  `[Unit]\nDescription=${description}\n${more}\n[Service]\nType=notify\nExecStart=${exec}\nRestart=always\n\n[Install]\nWantedBy=multi-user.target\n`

const dockerUnits = (exec: string) => ({
  'docker.service': service(
    'Docker Application Container Engine',
    exec,
    'After=network-online.target docker.socket firewalld.service containerd.service\nWants=network-online.target\nRequires=docker.socket\n',
  ),
  'docker.socket':
    '[Unit]\nDescription=Docker Socket for the API\n\n[Socket]\nListenStream=/var/run/docker.sock\nSocketMode=0660\nSocketUser=root\nSocketGroup=docker\n\n[Install]\nWantedBy=sockets.target\n',
})

/** What Debian 12 offers, versions as of its point release 12.8. */
export const CATALOGUE: { readonly [name: string]: Package } = {
  'ca-certificates': {
    version: '20230311+deb12u1',
    section: 'misc',
    summary: 'Common CA certificates',
    depends: ['openssl'],
    commands: ['update-ca-certificates'],
    files: { '/etc/ssl/certs/ca-certificates.crt': '', '/etc/ca-certificates.conf': '' },
    architecture: 'all',
  },
  openssl: {
    version: '3.0.15-1~deb12u1',
    section: 'utils',
    summary: 'Secure Sockets Layer toolkit',
    preinstalled: true,
  },
  'openssh-server': {
    version: '1:9.2p1-2+deb12u3',
    section: 'net',
    summary: 'secure shell (SSH) server',
    preinstalled: true,
    units: { 'ssh.service': service('OpenBSD Secure Shell server', '/usr/sbin/sshd -D $SSHD_OPTS') },
    files: {
      '/etc/ssh/sshd_config': 'Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\n',
    },
  },
  systemd: { version: '252.31-1~deb12u1', section: 'admin', summary: 'system and service manager', preinstalled: true },
  'systemd-timesyncd': {
    version: '252.31-1~deb12u1',
    section: 'admin',
    summary: 'minimalistic service to synchronize local time with NTP servers',
    preinstalled: true,
    units: { 'systemd-timesyncd.service': service('Network Time Synchronization', '/lib/systemd/systemd-timesyncd') },
  },
  cron: {
    version: '3.0pl1-162',
    section: 'admin',
    summary: 'process scheduling daemon',
    preinstalled: true,
    commands: ['crontab'],
    groups: ['crontab'],
    units: { 'cron.service': service('Regular background program processing daemon', '/usr/sbin/cron -f') },
  },
  dbus: {
    version: '1.14.10-1~deb12u1',
    section: 'admin',
    summary: 'simple interprocess messaging system',
    preinstalled: true,
    units: { 'dbus.service': service('D-Bus System Message Bus', '/usr/bin/dbus-daemon --system') },
  },
  sudo: {
    version: '1.9.13p3-1+deb12u1',
    section: 'admin',
    summary: 'Provide limited super user privileges to specific users',
    preinstalled: true,
    commands: ['sudo'],
  },
  iproute2: {
    version: '6.1.0-3',
    section: 'net',
    summary: 'networking and traffic control tools',
    preinstalled: true,
    commands: ['ip', 'ss'],
  },
  procps: {
    version: '2:4.0.2-3',
    section: 'admin',
    summary: '/proc file system utilities',
    preinstalled: true,
    commands: ['free', 'sysctl'],
  },
  tzdata: {
    version: '2024b-0+deb12u1',
    section: 'localization',
    summary: 'time zone and daylight-saving time data',
    preinstalled: true,
    architecture: 'all',
  },
  'docker.io': {
    version: '20.10.24+dfsg1-1+deb12u1+b1',
    section: 'admin',
    summary: 'Linux container runtime',
    depends: ['containerd', 'runc', 'iptables', 'tini'],
    commands: ['docker'],
    programs: ['/usr/sbin/dockerd', '/usr/bin/docker-proxy'],
    groups: ['docker'],
    units: dockerUnits('/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS'),
    files: { '/etc/default/docker': '# Use DOCKER_OPTS to modify the daemon startup options.\n' },
  },
  'docker-ce': {
    version: '5:28.5.2-1~debian.12~bookworm',
    section: 'admin',
    summary: 'Docker: the open-source application container engine',
    depends: ['containerd.io', 'docker-ce-cli', 'iptables'],
    programs: ['/usr/bin/dockerd', '/usr/bin/docker-proxy'],
    groups: ['docker'],
    units: dockerUnits('/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock'),
    origin: 'download.docker.com',
  },
  'docker-ce-cli': {
    version: '5:28.5.2-1~debian.12~bookworm',
    section: 'admin',
    summary: 'Docker CLI: the open-source application container engine',
    commands: ['docker'],
    origin: 'download.docker.com',
  },
  'containerd.io': {
    version: '2.1.5-1~debian.12~bookworm',
    section: 'devel',
    summary: 'An open and reliable container runtime',
    programs: ['/usr/bin/containerd', '/usr/bin/runc'],
    units: { 'containerd.service': service('containerd container runtime', '/usr/bin/containerd') },
    origin: 'download.docker.com',
  },
  'docker-compose': {
    version: '1.29.2-3',
    section: 'admin',
    summary: 'define and run multi-container Docker applications with YAML',
    depends: ['docker.io'],
    programs: ['/usr/bin/docker-compose'],
    architecture: 'all',
  },
  containerd: {
    version: '1.6.20~ds1-1+b1',
    section: 'admin',
    summary: 'open and reliable container runtime',
    depends: ['runc'],
    programs: ['/usr/bin/containerd', '/usr/bin/ctr'],
    units: { 'containerd.service': service('containerd container runtime', '/usr/bin/containerd') },
  },
  runc: {
    version: '1.1.5+ds1-1+b1',
    section: 'admin',
    summary: 'Open Container Project - runtime',
    programs: ['/usr/sbin/runc'],
  },
  tini: {
    version: '0.19.0-1',
    section: 'misc',
    summary: 'tiny but valid init for containers',
    programs: ['/usr/bin/tini'],
  },
  iptables: {
    version: '1.8.9-2',
    section: 'net',
    summary: 'administration tools for packet filtering and NAT',
    programs: ['/usr/sbin/iptables'],
  },
  nftables: {
    version: '1.0.6-2+deb12u2',
    section: 'net',
    summary: 'Program to control packet filtering rules by Netfilter project',
    programs: ['/usr/sbin/nft'],
  },
  curl: {
    version: '7.88.1-10+deb12u8',
    section: 'web',
    summary: 'command line tool for transferring data with URL syntax',
    programs: ['/usr/bin/curl'],
  },
  caddy: {
    version: '2.6.2-5',
    section: 'httpd',
    summary: 'powerful, enterprise-ready, open source web server with automatic HTTPS',
    programs: ['/usr/bin/caddy'],
    users: [{ name: 'caddy', home: '/var/lib/caddy', shell: '/usr/sbin/nologin' }],
    units: { 'caddy.service': service('Caddy', '/usr/bin/caddy run --environ --config /etc/caddy/Caddyfile') },
    files: { '/etc/caddy/Caddyfile': ':80 {\n\troot * /usr/share/caddy\n\tfile_server\n}\n' },
  },
  nginx: {
    version: '1.22.1-9',
    section: 'httpd',
    summary: 'small, powerful, scalable web/proxy server',
    programs: ['/usr/sbin/nginx'],
    units: { 'nginx.service': service('A high performance web server and a reverse proxy server', '/usr/sbin/nginx') },
  },
  gnupg: {
    version: '2.2.40-1.1',
    section: 'utils',
    summary: 'GNU privacy guard - a free PGP replacement',
    programs: ['/usr/bin/gpg'],
    architecture: 'all',
  },
  rsync: {
    version: '3.2.7-1',
    section: 'net',
    summary: 'fast, versatile, remote (and local) file-copying tool',
    programs: ['/usr/bin/rsync'],
  },
  jq: {
    version: '1.6-2.1',
    section: 'utils',
    summary: 'lightweight and flexible command-line JSON processor',
    programs: ['/usr/bin/jq'],
  },
  ufw: {
    version: '0.36.2-1',
    section: 'admin',
    summary: 'program for managing a Netfilter firewall',
    programs: ['/usr/sbin/ufw'],
    architecture: 'all',
  },
  chrony: {
    version: '4.3-2+deb12u1',
    section: 'net',
    summary: 'Versatile implementation of the Network Time Protocol',
    programs: ['/usr/sbin/chronyd', '/usr/bin/chronyc'],
    units: { 'chrony.service': service('chrony, an NTP client/server', '/usr/sbin/chronyd') },
  },
  'unattended-upgrades': {
    version: '2.9.1+nmu3',
    section: 'admin',
    summary: 'automatic installation of security upgrades',
    units: {
      'unattended-upgrades.service': service('Unattended Upgrades Shutdown', '/usr/share/unattended-upgrades/shutdown'),
    },
    architecture: 'all',
  },
  fail2ban: {
    version: '1.0.2-2',
    section: 'net',
    summary: 'ban hosts that cause multiple authentication errors',
    units: { 'fail2ban.service': service('Fail2Ban Service', '/usr/bin/fail2ban-server -xf start') },
    architecture: 'all',
  },
  zstd: {
    version: '1.5.4+dfsg2-5',
    section: 'utils',
    summary: 'fast lossless compression algorithm -- CLI tool',
    programs: ['/usr/bin/zstd'],
  },
  age: {
    version: '1.1.1-1+b4',
    section: 'utils',
    summary: 'simple, modern and secure encryption tool',
    programs: ['/usr/bin/age'],
  },
  restic: {
    version: '0.14.0-1+b5',
    section: 'utils',
    summary: 'backup program with multiple revisions, encryption and more',
    programs: ['/usr/bin/restic'],
  },
  acl: {
    version: '2.3.1-3',
    section: 'utils',
    summary: 'access control list - utilities',
    programs: ['/usr/bin/setfacl'],
  },
  python3: {
    version: '3.11.2-1+b1',
    section: 'python',
    summary: 'interactive high-level object-oriented language',
    programs: ['/usr/bin/python3'],
  },
}

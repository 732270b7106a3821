import type { Facts, Sections } from './facts.ts'

/** Ansible's name and family of a distribution, by the ID of os-release. */
const known: Readonly<Record<string, readonly [name: string, family: string]>> = {
  debian: ['Debian', 'Debian'],
  ubuntu: ['Ubuntu', 'Debian'],
  raspbian: ['Debian', 'Debian'],
  linuxmint: ['Linux Mint', 'Debian'],
  rhel: ['RedHat', 'RedHat'],
  centos: ['CentOS', 'RedHat'],
  rocky: ['Rocky', 'RedHat'],
  almalinux: ['AlmaLinux', 'RedHat'],
  fedora: ['Fedora', 'RedHat'],
  amzn: ['Amazon', 'RedHat'],
  ol: ['OracleLinux', 'RedHat'],
  alpine: ['Alpine', 'Alpine'],
  arch: ['Archlinux', 'Archlinux'],
  sles: ['SLES', 'Suse'],
  'opensuse-leap': ['openSUSE Leap', 'Suse'],
}

const families: Readonly<Record<string, string>> = {
  debian: 'Debian',
  ubuntu: 'Debian',
  rhel: 'RedHat',
  fedora: 'RedHat',
  suse: 'Suse',
  arch: 'Archlinux',
}

export function distributionFacts(sections: Sections): Facts {
  const release = new Map<string, string>()
  for (const line of sections('os')) {
    const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
    // The first of the two files wins.
    if (name !== '' && !release.has(name)) release.set(name, value.replace(/^(['"])(.*)\1$/, '$2'))
  }
  const id = release.get('ID') ?? ''
  const like = (release.get('ID_LIKE') ?? '').split(' ').find((one) => one in families)
  const [name, family] = known[id] ?? [release.get('NAME') ?? 'NA', families[like ?? ''] ?? release.get('NAME') ?? 'NA']
  // Debian tells its point release in a file of its own; in testing that file holds a name instead.
  const [point = ''] = sections('debian')
  const version = id === 'debian' && /^\d+\.\d+/.test(point) ? point : (release.get('VERSION_ID') ?? 'NA')
  return {
    distribution: name,
    os_family: family,
    distribution_version: version,
    distribution_major_version: version.split('.')[0] ?? version,
    distribution_minor_version: version.split('.')[1] ?? 'NA',
    distribution_release: release.get('VERSION_CODENAME') ?? release.get('UBUNTU_CODENAME') ?? 'NA',
  }
}

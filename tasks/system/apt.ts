import { aptGet, fetchLists } from '../../lib/debian/apt-get.ts'
import { aptChanges, wantsUpdate } from '../../lib/debian/apt-plan.ts'
import { isPackageSpec, parsePackage } from '../../lib/debian/package-names.ts'
import { installedFor, packagesScript, readPackages } from '../../lib/debian/packages.ts'
import { type Finding, problem, s, sh, task } from '../../lib/task.ts'

export default task({
  summary: 'Debian packages are installed, up to date, or absent.',
  args: s.args({
    name: s
      .words('Names of packages, with a version if need be: "curl", "nginx=1.22.*".', { aliases: ['package', 'pkg'] })
      .optional(),
    state: s.choice(['present', 'absent', 'latest'], 'What the packages shall be.').default('present'),
    deb: s.string('Path of a package file on the host to install.').optional(),
    update_cache: s
      .boolean('Fetch the lists of packages before something is installed.', { aliases: ['update-cache'] })
      .optional(),
    update_cache_retries: s.int('How often to try to fetch the lists when that fails.').default(5),
    update_cache_retry_max_delay: s.int('Seconds to wait at most between two tries.').default(12),
    cache_valid_time: s.int('Seconds for which lists that were fetched are good enough.').default(0),
    upgrade: s
      .choice(['no', 'yes', 'safe', 'full', 'dist'], 'Upgrade all packages; "full" and "dist" may remove some.')
      .default('no'),
    purge: s.boolean('Also remove the configuration of packages.').default(false),
    autoremove: s.boolean('Remove what was installed for other packages and is needed no longer.').default(false),
    autoclean: s.boolean('Remove package files that cannot be fetched any more.').default(false),
    clean: s.boolean('Remove all fetched package files.').default(false),
    install_recommends: s
      .boolean('Install recommended packages too; apt decides when not given.', { aliases: ['install-recommends'] })
      .optional(),
    default_release: s.string('Release to prefer: "bookworm-backports".', { aliases: ['default-release'] }).optional(),
    fail_on_autoremove: s.boolean('Fail where apt would remove a package.').default(false),
    only_upgrade: s.boolean('Upgrade what is there, install nothing new.').default(false),
    allow_downgrade: s
      .boolean('Allow an older version to be installed.', {
        aliases: ['allow-downgrade', 'allow_downgrades', 'allow-downgrades'],
      })
      .default(false),
    allow_unauthenticated: s
      .boolean('Allow packages without a valid signature.', { aliases: ['allow-unauthenticated'] })
      .default(false),
    allow_change_held_packages: s.boolean('Allow packages on hold to change.').default(false),
    force: s.boolean('Allow all of these.').default(false),
    dpkg_options: s.string('Options of dpkg, with commas between.').default('force-confdef,force-confold'),
    force_apt_get: s.boolean('Accepted for playbooks that have it; apt-get is always used.').default(true),
    lock_timeout: s.int('Seconds to wait for another process that holds the lock of apt.').default(60),
    policy_rc_d: s
      .int('Exit code of policy-rc.d during the installation: 101 keeps services from being started.')
      .optional(),
  }),
  examples: [
    `apt:
  name: [docker.io, curl]
  update_cache: true
  cache_valid_time: 3600`,
    'apt: { name: nginx=1.22.*, state: present, install_recommends: false }',
    'apt: { name: apache2, state: absent, purge: true, autoremove: true }',
    'apt: { deb: /opt/example/agent.deb }',
  ],
  returns: {
    cache_updated: 'Were the lists of packages fetched?',
    stdout: 'What apt-get printed.',
    stderr: 'What it printed on standard error.',
    versions: 'Versions of the packages that are installed, by name.',
  },

  validate: ({ name = [], state, deb }): readonly Finding[] => {
    const found: Finding[] = []
    const add = (path: string, message: string, mend: string) =>
      found.push({ path: [path], diagnostic: problem('wrong-argument', message, { mend }) })
    for (const one of name)
      if (!isPackageSpec(one))
        add(
          'name',
          `"${one}" cannot be the name of a package`,
          'write names as "curl" or "curl=7.88.*", without patterns',
        )
    if (deb !== undefined && /^https?:/.test(deb))
      add('deb', 'deb takes a path on the host', 'fetch the file in a task before')
    if (deb !== undefined && !deb.endsWith('.deb'))
      add('deb', `${deb} does not end in .deb`, 'apt only takes files for packages whose name ends so')
    if (state !== 'present' && name.length === 0)
      add('state', `state: ${state} needs names of packages`, 'add name, or use upgrade')
    return found
  },
  probe: (args) => {
    const { name = [], state, deb, upgrade, autoremove, default_release } = args
    const full = upgrade === 'full' || upgrade === 'dist'
    const simulate =
      upgrade !== 'no'
        ? [full ? 'dist-upgrade' : 'upgrade']
        : autoremove && name.length === 0
          ? ['autoremove']
          : undefined
    const script = packagesScript({
      names: name,
      candidates: state === 'latest',
      release: default_release,
      listsAge: wantsUpdate(args),
      simulate,
      file: deb,
    })
    return { ask: [{ on: 'shell', script }], read: ([answer]) => readPackages(answer) }
  },
  diff: (args, packages) => aptChanges(args, packages),
  apply: async ({ data, action }, io, args) => {
    if (data.update) {
      await fetchLists(io, args)
      // So that cache_valid_time can tell: nothing newer to fetch would leave the time as it was.
      await io.sh(sh`touch /var/lib/apt/lists`)
    }
    if (data.words === undefined) return { values: { cache_updated: true } }
    const { stdout, stderr, changed } = await aptGet(io, data.words, args)
    return { values: { cache_updated: data.update, stdout, stderr }, ...(action === 'run' && { changed }) }
  },
  result: ({ name = [] }, packages) => {
    const versions = name.map(parsePackage).flatMap((one) => {
      const found = installedFor(one, packages)
      return found ? [[one.name, found.version]] : []
    })
    return { values: { cache_updated: false, versions: Object.fromEntries(versions) } }
  },
})

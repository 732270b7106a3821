import { aptGet } from '../../lib/debian/apt-get.ts'
import { aptChanges } from '../../lib/debian/apt-plan.ts'
import { isPackageSpec } from '../../lib/debian/package-names.ts'
import { packagesScript, readPackages } from '../../lib/debian/packages.ts'
import { type Finding, problem, s, task } from '../../lib/task.ts'

const plain = {
  cache_valid_time: 0,
  purge: false,
  upgrade: 'no',
  autoremove: false,
  autoclean: false,
  clean: false,
  only_upgrade: false,
  fail_on_autoremove: false,
  allow_downgrade: false,
  allow_unauthenticated: false,
  allow_change_held_packages: false,
  force: false,
  dpkg_options: 'force-confdef,force-confold',
  lock_timeout: 60,
} as const

export default task({
  summary: 'Packages are installed, up to date, or absent, with whatever the host manages packages with.',
  args: s.args({
    name: s.words('Names of packages.'),
    state: s.choice(['present', 'absent', 'latest'], 'What the packages shall be.').default('present'),
    use: s.choice(['auto', 'apt'], 'What manages packages on the host; only apt is known.').default('auto'),
  }),
  examples: ['package: { name: [curl, rsync], state: present }'],
  returns: { stdout: 'What was printed.', stderr: 'What was printed on standard error.' },

  validate: ({ name }): readonly Finding[] =>
    name
      .filter((one) => !isPackageSpec(one))
      .map((one) => ({
        path: ['name'],
        diagnostic: problem('wrong-argument', `"${one}" cannot be the name of a package`, {
          mend: 'write names such as "curl", without patterns',
        }),
      })),
  probe: ({ name, state }) => ({
    ask: [{ on: 'shell', script: packagesScript({ names: name, candidates: state === 'latest' }) }],
    read: ([answer]) => readPackages(answer),
  }),
  diff: ({ name, state }, packages) => aptChanges({ ...plain, name, state }, packages),
  apply: async ({ data, action }, io) => {
    const { stdout, stderr, changed } = await aptGet(io, data.words ?? ['update'], plain)
    return { values: { stdout, stderr }, ...(action === 'run' && { changed }) }
  },
})

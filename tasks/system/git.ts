import { addressOf, type GitLook, gitScript, isCommit, isShortCommit, readGit } from '../../lib/posix/git-look.ts'
import { expanded } from '../../lib/posix/words.ts'
import {
  type Change,
  type Context,
  create,
  type Finding,
  join,
  NotYetError,
  problem,
  raw,
  type Script,
  s,
  sh,
  TaskError,
  task,
  update,
} from '../../lib/task.ts'

interface State extends GitLook {
  /** Assignments that each git needs: how to reach the far side without asking anybody. */
  readonly environment: Script
}

export default task({
  summary: 'A git repository is checked out at a version.',
  args: s.args({
    repo: s.string('Address of the repository, or a path of the host.', { aliases: ['name'] }),
    dest: s.string('Folder to check it out into; may be left out with clone: false.').optional(),
    version: s.string('Branch, tag or whole commit; HEAD is the usual branch.').default('HEAD'),
    remote: s.string('Name of the far side.').default('origin'),
    refspec: s.string('More to fetch, such as refs/pull/*:refs/heads/pull/*.').optional(),
    force: s.boolean('Throw local changes away instead of failing.').default(false),
    depth: s.int('Fetch only so many commits.', { min: 1 }).optional(),
    clone: s.boolean('Make the repository when it is missing; false only returns the version.').default(true),
    update: s.boolean('Bring a repository that is there to the version; false leaves it alone.').default(true),
    bare: s.boolean('Have the repository alone, without files.').default(false),
    recursive: s.boolean('Check out submodules as well.').default(true),
    single_branch: s.boolean('Fetch only the branch or tag.').default(false),
    reference: s.string('Repository of the host to take commits from that it has.').optional(),
    separate_git_dir: s.string('Folder for the repository itself, beside its files.').optional(),
    key_file: s.string('Private key on the host to reach the far side with.').optional(),
    accept_hostkey: s
      .boolean('Accept the SSH key of a far side that is not known yet; one that has changed is refused.')
      .default(false),
    accept_newhostkey: s.boolean('The same.').default(false),
    ssh_opts: s.string('More options for ssh.').optional(),
    executable: s.string('The git to use.').optional(),
    umask: s.string('Which permissions new files do not get: octal and quoted ("0022").').optional(),
  }),
  examples: [
    `name: Check out the tools
git:
  repo: https://git.example.org/tools.git
  dest: /opt/tools
  version: v1.2.0`,
    `git:
  repo: git@git.example.org:site.git
  dest: /srv/site
  version: main
  key_file: /root/.ssh/deploy
  accept_hostkey: true
  depth: 1`,
  ],
  returns: {
    before: 'Commit that was checked out; null for a new repository.',
    after: 'Commit that is checked out.',
    remote_url_changed: 'Did the repository come from somewhere else?',
  },

  validate: (args): readonly Finding[] => {
    const found: Finding[] = []
    const add = (name: string, message: string, mend: string) =>
      found.push({ path: [name], diagnostic: problem('wrong-argument', message, { mend }) })
    for (const name of ['repo', 'version', 'remote', 'refspec'] as const)
      if (args[name]?.startsWith('-'))
        add(name, `${name} begins with "-", which git takes for an option`, 'name it otherwise')
    if (/^[a-z]+:\/\/[^/@\s]*:[^/@\s]+@/i.test(args.repo))
      add(
        'repo',
        'a password stands in the address, and would be kept on the host',
        'use key_file, or a credential helper of git',
      )
    if (args.dest === undefined && args.clone) add('dest', 'git needs dest', 'say where to, or clone: false')
    if (args.bare && args.separate_git_dir !== undefined)
      add('separate_git_dir', 'a bare repository has no files beside it', 'remove one of them')
    if (args.umask !== undefined && !/^[0-7]{1,4}$/.test(args.umask))
      add('umask', 'umask is an octal number', 'write "0022"')
    return found
  },
  probe: (args, context) => {
    const environment = environmentOf(args, context)
    return {
      ask: [{ on: 'shell', script: sh`(${gitScript(args, environment)}\n)` }],
      inTurn: true,
      read: ([answer]): State => ({ ...readGit(answer, args), environment }),
    }
  },
  diff: (args, look): readonly Change<State>[] => {
    const { there, dest, before, modified } = look
    if (!look.git)
      throw new NotYetError(
        problem('program-missing', 'git is not installed on the host', {
          mend: 'install it in a task before: apt: { name: git }',
        }),
      )
    if (there === 'other')
      throw new TaskError(
        problem('not-a-repository', `${dest} holds something else than a git repository`, {
          mend: 'move it away, or name another folder',
        }),
      )
    if (there === 'repository' && !args.update) return []
    if (there === 'repository' && modified.length > 0 && !args.force)
      throw new TaskError(
        problem('local-modifications', `files in ${dest} were changed there`, {
          detail: modified.slice(0, 30).join('\n'),
          mend: 'keep the changes elsewhere, or throw them away with force: true',
        }),
        {
          values: { before: before ?? null, msg: `Local modifications exist in the destination: ${dest} (force=no).` },
        },
      )
    const wanted = wantedOf(look, args)
    if (there === 'nothing') return args.clone ? [create(dest, { version: args.version, commit: wanted }, look)] : []
    const changes = [
      ...(before === wanted ? [] : [[{ commit: before ?? null }, { commit: wanted }] as const]),
      ...(sameAddress(look.url, args.repo) ? [] : [[{ repo: look.url ?? null }, { repo: args.repo }] as const]),
      ...(modified.length > 0 ? [[{ changed: modified.join('\n') }, { changed: '' }] as const] : []),
      ...(look.submodules ? [[{ submodules: 'missing or other' }, { submodules: 'as committed' }] as const] : []),
    ]
    if (changes.length === 0) return []
    const whole = (side: 0 | 1) =>
      Object.assign({}, ...changes.map((change) => change[side])) as { [key: string]: string }
    return [update(dest, whole(0), whole(1), look)]
  },
  apply: async ({ data }, io, args) => {
    await io.sh(data.there === 'nothing' ? cloneScript(data, args) : updateScript(data, args))
    return {
      values: {
        before: data.before ?? null,
        remote_url_changed: data.there === 'repository' && !sameAddress(data.url, args.repo),
      },
    }
  },
  result: ({ update: updates, repo, clone }, { before, wanted, there, url }) => ({
    values: {
      before: before ?? null,
      after: (there === 'nothing' && !clone ? wanted : before) ?? null,
      ...(there === 'repository' && updates && { remote_url_changed: !sameAddress(url, repo) }),
    },
  }),
})

interface Args {
  readonly repo: string
  readonly version: string
  readonly remote: string
  readonly refspec?: string | undefined
  readonly depth?: number | undefined
  readonly bare: boolean
  readonly recursive: boolean
  readonly single_branch: boolean
  readonly reference?: string | undefined
  readonly separate_git_dir?: string | undefined
  readonly key_file?: string | undefined
  readonly accept_hostkey: boolean
  readonly accept_newhostkey: boolean
  readonly ssh_opts?: string | undefined
  readonly executable?: string | undefined
  readonly umask?: string | undefined
}

function wantedOf({ wanted, trouble }: GitLook, { repo, version }: Args): string {
  if (trouble !== undefined)
    throw new NotYetError(
      problem('repository-unreachable', `${repo} does not say which versions it has`, {
        detail: trouble,
        mend: 'try it on the host with: git ls-remote; key_file and accept_hostkey are for SSH',
      }),
    )
  // The beginning of a commit is known when its repository is here.
  if (wanted !== undefined || isShortCommit(version)) return wanted ?? version
  throw new TaskError(
    problem('no-such-version', `${repo} has no branch or tag ${version}`, {
      mend: 'write the name as git ls-remote shows it, or a whole commit of 40 digits',
    }),
  )
}

function sameAddress(now: string | undefined, wanted: string): boolean {
  const plain = (address: string) => address.replace(/^file:\/\//, '').replace(/(?<=.)\/+$/, '')
  return now !== undefined && (plain(now) === plain(wanted) || wanted.startsWith('~'))
}

/** Nobody is there to be asked for a password or a key; `environment` of the task counts for what is only asked, too. */
function environmentOf(args: Args, { environment }: Context): Script {
  const { key_file, ssh_opts, accept_hostkey, accept_newhostkey } = args
  const proxies = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => {
    const value = environment?.(name) ?? environment?.(name.toUpperCase())
    return value === undefined ? [] : [sh`${raw(name)}=${value}; export ${raw(name)}`]
  })
  const ssh = [
    'ssh -o BatchMode=yes',
    ...(key_file === undefined ? [] : ['-o IdentitiesOnly=yes']),
    ...(accept_hostkey || accept_newhostkey ? ['-o StrictHostKeyChecking=accept-new'] : []),
    ...(ssh_opts === undefined ? [] : [ssh_opts]),
  ].join(' ')
  const key = key_file === undefined ? raw('') : sh`" -i '"${expanded(key_file)}"'"`
  return join([
    raw('LC_ALL=C; GIT_TERMINAL_PROMPT=0; GIT_ASKPASS=true; export LC_ALL GIT_TERMINAL_PROMPT GIT_ASKPASS'),
    sh`GIT_SSH_COMMAND=${ssh}${key}; export GIT_SSH_COMMAND`,
    ...proxies,
    ...(args.umask === undefined ? [] : [sh`umask ${args.umask}`]),
  ])
}

function cloneScript(look: State, args: Args): Script {
  const { remote, bare, single_branch, reference, depth, separate_git_dir, version } = args
  const named = look.branch ?? (isCommit(version) || isShortCommit(version) ? undefined : version)
  // A branch or tag need not be fetched with all others when only its end is wanted.
  const narrow = (depth !== undefined || single_branch) && named !== undefined && version !== 'HEAD'
  const options = [
    ...(bare ? ['--bare'] : ['--no-checkout', '--origin', remote]),
    ...(depth !== undefined && !isCommit(version) && !isShortCommit(version) ? ['--depth', String(depth)] : []),
    ...(narrow ? ['--branch', named] : []),
    ...(single_branch ? ['--single-branch'] : []),
    ...(reference === undefined ? [] : ['--reference', reference]),
    ...(separate_git_dir === undefined ? [] : ['--separate-git-dir', separate_git_dir]),
  ]
  return join([
    raw('set -e'),
    look.environment,
    sh`d=${look.dest}; mkdir -p -- "$(dirname -- "$d")"`,
    sh`${program(args)} clone -q ${options} -- ${addressOf(args.repo)} "$d"`,
    ...(bare ? fetchMore(args) : [...fetchMore(args), ...checkout(look, args)]),
  ])
}

function updateScript(look: State, args: Args): Script {
  const { remote, bare, depth, version, single_branch } = args
  const git = program(args)
  const address = addressOf(args.repo)
  const place = bare ? '+refs/heads/*:refs/heads/*' : `+refs/heads/*:refs/remotes/${remote}/*`
  const branch = `+refs/heads/${look.branch}:refs/${bare ? 'heads' : `remotes/${remote}`}/${look.branch}`
  const narrow = (single_branch || depth !== undefined) && look.branch !== undefined
  const options = [
    '-q',
    '--tags',
    '--force',
    ...(depth === undefined || isCommit(version) ? [] : ['--depth', String(depth)]),
  ]
  return join([
    raw('set -e'),
    look.environment,
    sh`d=${look.dest}`,
    sh`${git} -C "$d" remote set-url ${remote} ${address} 2>/dev/null || ${git} -C "$d" remote add ${remote} ${address}`,
    ...(bare ? [] : [sh`${git} -C "$d" reset -q --hard`]),
    sh`${git} -C "$d" fetch ${options} ${remote} ${narrow ? branch : place}`,
    ...fetchMore(args),
    ...(bare ? [] : checkout(look, args)),
  ])
}

function fetchMore(args: Args): readonly Script[] {
  const { refspec, remote, version } = args
  const git = program(args)
  return [
    ...(refspec === undefined ? [] : [sh`${git} -C "$d" fetch -q --force ${remote} ${refspec}`]),
    // A commit that no branch or tag leads to may still be had by its name.
    ...(isCommit(version)
      ? [
          sh`${git} -C "$d" cat-file -e ${`${version}^{commit}`} 2>/dev/null || ${git} -C "$d" fetch -q ${remote} ${version}`,
        ]
      : []),
  ]
}

function checkout(look: State, args: Args): readonly Script[] {
  const { remote, version, recursive } = args
  const git = program(args)
  const { branch } = look
  const upstream = `${remote}/${branch}`
  return [
    branch === undefined
      ? sh`${git} -C "$d" checkout -q --force --detach ${isCommit(version) || look.wanted === undefined || isShortCommit(version) ? version : `refs/tags/${version}`} --`
      : sh`${git} -C "$d" checkout -q --force -B ${branch} ${`refs/remotes/${upstream}`} -- && { ${git} -C "$d" branch -q --set-upstream-to=${upstream} ${branch} || :; }`,
    ...(recursive
      ? [
          sh`if [ -f "$d/.gitmodules" ]; then ${git} -C "$d" submodule -q sync --recursive && ${git} -C "$d" submodule -q update --init --recursive --force; fi`,
        ]
      : []),
  ]
}

function program({ executable }: Args): Script {
  return sh`${executable ?? 'git'}`
}

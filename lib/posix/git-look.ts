import { type Answer, join, raw, type Script, sh } from '../task.ts'
import { expanded } from './words.ts'

export interface GitWish {
  readonly repo: string
  readonly dest?: string | undefined
  readonly version: string
  readonly remote: string
  readonly bare: boolean
  readonly recursive: boolean
  readonly executable?: string | undefined
}

/** The repository on the host, and what the wanted version is where it comes from. */
export interface GitLook {
  /** Is there git at all? */
  readonly git: boolean
  /** Is there a repository, or something else in its place? */
  readonly there: 'repository' | 'nothing' | 'other'
  readonly dest: string
  /** Commit that is checked out. */
  readonly before: string | undefined
  readonly url: string | undefined
  /** Files with changes of their own, a line each. */
  readonly modified: readonly string[]
  /** Are submodules missing, or at other commits? */
  readonly submodules: boolean
  /** Commit of the version; undefined when the far side has none of that name. */
  readonly wanted: string | undefined
  /** Branch to be on; undefined for a tag or a commit. */
  readonly branch: string | undefined
  /** Why the far side said nothing. */
  readonly trouble: string | undefined
}

/** Is the version a whole commit, which is the same everywhere? */
export function isCommit(version: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(version)
}

/** May the version be the beginning of a commit? Only a repository that has it can tell. */
export function isShortCommit(version: string): boolean {
  return /^[0-9a-f]{7,39}$/i.test(version)
}

/** The address as git wants it: `depth` needs a protocol for paths. */
export function addressOf(repo: string): Script {
  return repo.startsWith('~') ? sh`file://${expanded(repo)}` : sh`${repo.startsWith('/') ? `file://${repo}` : repo}`
}

/** A read-only script that `readGit` understands; `environment` goes in front of everything. */
export function gitScript(wish: GitWish, environment: Script): Script {
  const { dest, version, remote, bare, recursive } = wish
  const git = sh`${wish.executable ?? 'git'}`
  const at = sh`${git} --git-dir="$g"`
  const tree = sh`${git} -C "$d"`
  return join([
    environment,
    sh`command -v ${git} >/dev/null || { echo no-git; exit 0; }; echo git`,
    dest === undefined ? raw('d=') : sh`d=${expanded(dest)}; printf '%s\n' "$d"`,
    bare
      ? raw('g=$d')
      : raw(
          'g=$d/.git; if [ -f "$g" ]; then g=$(sed -n "s/^gitdir: //p" "$g"); case $g in /*) ;; *) g=$d/$g;; esac; fi',
        ),
    raw(`if [ -n "$d" ] && [ -f "$g/config" ]; then echo repository
elif [ -n "$d" ] && { [ -f "$d" ] || [ -n "$(ls -A -- "$d" 2>/dev/null)" ]; }; then echo other
else echo nothing; fi`),
    sh`if [ -f "$g/config" ]; then ${at} rev-parse --verify -q HEAD || echo; ${at} config --get ${`remote.${remote}.url`} || echo; else echo; echo; fi`,
    raw('echo =='),
    bare
      ? raw(':')
      : sh`if [ -f "$g/config" ]; then ${tree} status --porcelain --untracked-files=no --ignore-submodules=none; fi`,
    raw('echo =='),
    bare || !recursive
      ? raw(':')
      : sh`if [ -f "$d/.gitmodules" ] && [ -f "$g/config" ]; then ${tree} submodule status --recursive; fi`,
    raw('echo =='),
    isCommit(version)
      ? raw(':')
      : sh`${git} ls-remote --symref -- ${addressOf(wish.repo)} HEAD ${`refs/heads/${version}`} ${`refs/tags/${version}`} ${`refs/tags/${version}^{}`} 2>&1 || echo "!!$?"`,
    raw('echo =='),
    isShortCommit(version)
      ? sh`if [ -f "$g/config" ]; then ${at} rev-parse --verify -q ${`${version}^{commit}`}; fi`
      : raw(':'),
    raw(':'),
  ])
}

export function readGit(answer: Answer | undefined, { dest = '', version }: GitWish): GitLook {
  const [head = '', modified = '', submodules = '', far = '', local = ''] = (answer?.text ?? '').split(/^==\n/m)
  const [word, ...rest] = head.split('\n')
  const [path, there, before, url] = dest === '' ? ['', ...rest] : rest
  const refs = new Map(
    far.split('\n').flatMap((line): [string, string][] => {
      const [, left = '', name = ''] = /^(\S.*)\t(\S+)$/.exec(line) ?? []
      return name === '' ? [] : [[left.startsWith('ref: ') ? `ref ${name}` : name, left.replace(/^ref: /, '')]]
    }),
  )
  const heads = refs.get(`refs/heads/${version}`)
  const tags = refs.get(`refs/tags/${version}^{}`) ?? refs.get(`refs/tags/${version}`)
  const isHead = version === 'HEAD'
  const failed = /^!!\d+$/m.test(far)
  return {
    git: word === 'git',
    there: there === 'repository' || there === 'other' ? there : 'nothing',
    dest: path ?? dest,
    before: before || undefined,
    url: url || undefined,
    // Submodules at another commit are mended, they hold no work of anybody.
    modified: modified.split('\n').filter((line) => line !== '' && !line.startsWith('??')),
    submodules: /^[-+U]/m.test(submodules),
    wanted: isCommit(version)
      ? version.toLowerCase()
      : isHead
        ? refs.get('HEAD')
        : (heads ?? tags ?? (local.trim() || undefined)),
    branch: isHead ? refs.get('ref HEAD')?.replace(/^refs\/heads\//, '') : heads === undefined ? undefined : version,
    trouble: failed ? far.replace(/^!!\d+$/m, '').trim() : undefined,
  }
}

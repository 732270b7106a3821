import { type Answer, join, raw, type Script, sh } from '../task.ts'
import { matchesVersion, parsePackage, type Wanted } from './package-names.ts'

export interface Installed {
  readonly name: string
  readonly architecture: string | undefined
  readonly version: string
  /** `installed`, or `config-files` of a package that was removed but not purged. */
  readonly status: 'installed' | 'config-files' | 'half'
  /** Names it also answers to. */
  readonly provides: readonly string[]
}

/** What a Debian host says about packages. */
export interface Packages {
  /** False when the host has no dpkg. */
  readonly dpkg: boolean
  readonly installed: readonly Installed[]
  /** Candidates by name, when they were asked for; `undefined` for a name that apt does not know. */
  readonly candidates: ReadonlyMap<string, string>
  /** Seconds since the lists of packages were fetched; undefined when they never were, or were not asked for. */
  readonly listsAge: number | undefined
  /** What `apt-get` would do, when it was asked to simulate: one line per package. */
  readonly simulated: readonly string[]
  /** The package in a local file, when one was given and is there. */
  readonly file: { readonly name: string; readonly version: string; readonly architecture: string } | undefined
}

export interface PackageQuestions {
  readonly names: readonly string[]
  readonly candidates?: boolean
  readonly release?: string | undefined
  readonly listsAge?: boolean
  /** Words after `apt-get --simulate`. */
  readonly simulate?: readonly string[] | undefined
  /** A package file on the host. */
  readonly file?: string | undefined
}

/** Asks dpkg, and apt only where it must be. */
export function packagesScript(questions: PackageQuestions): Script {
  const names = questions.names.map((spec) => parsePackage(spec).name)
  const format = `\${db:Status-Abbrev}|\${binary:Package}|\${Version}|\${Provides}\\n`
  const lines: Script[] = [raw('command -v dpkg-query >/dev/null 2>&1 || exit 0; export LC_ALL=C; echo dpkg')]
  if (questions.listsAge)
    // A folder without any list in it (a fresh image) has never been filled, however young the folder itself is.
    lines.push(
      raw(
        'date +%s; set -- /var/lib/apt/lists/*Release*; [ ! -e "$1" ] || stat -c %Y /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists 2>/dev/null',
      ),
    )
  lines.push(raw('echo =='))
  if (questions.file !== undefined) {
    lines.push(
      sh`f=$(dpkg-deb -f ${questions.file} Package Version Architecture 2>/dev/null); n=$(printf '%s\n' "$f" | sed -n 's/^Package: //p'); printf '%s\n' "$f"`,
    )
  }
  lines.push(raw('echo =='))
  const patterns = names.flatMap((name) => ['-e', name])
  if (names.length > 0) lines.push(sh`dpkg-query -W -f ${format} 2>/dev/null | grep -wF ${patterns}`)
  if (questions.file !== undefined) lines.push(sh`[ -z "$n" ] || dpkg-query -W -f ${format} "$n" 2>/dev/null`)
  lines.push(raw('echo =='))
  const release = questions.release === undefined ? [] : ['-t', questions.release]
  if (questions.candidates && names.length > 0)
    lines.push(sh`apt-cache ${release} policy ${names} 2>/dev/null | grep -E '^[^ ]|^  (Installed|Candidate):'`)
  lines.push(raw('echo =='))
  if (questions.simulate)
    lines.push(sh`apt-get --simulate -q ${questions.simulate} 2>/dev/null | grep -E '^(Inst|Remv|Purg) '`)
  return join([...lines, raw(':')])
}

export function readPackages(answer: Answer | undefined): Packages {
  const [head = '', file = '', installed = '', policy = '', simulated = ''] = (answer?.text ?? '').split(/^==\n/m)
  const [first, now, ...stamps] = head.split('\n').filter((line) => line !== '')
  const stamp = Math.max(...stamps.map(Number))
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(file)?.[1] ?? ''
  return {
    dpkg: first === 'dpkg',
    installed: installed.split('\n').flatMap(readInstalled),
    candidates: readCandidates(policy),
    listsAge: stamps.length === 0 ? undefined : Number(now) - stamp,
    simulated: simulated.split('\n').filter((line) => line !== ''),
    file:
      field('Package') === ''
        ? undefined
        : { name: field('Package'), version: field('Version'), architecture: field('Architecture') },
  }
}

/** The installed package that a wanted one means, or the one that stands for it. */
export function installedFor({ name, architecture }: Wanted, packages: Packages): Installed | undefined {
  const there = packages.installed.filter((one) => one.status === 'installed')
  return (
    there.find(
      (one) =>
        one.name === name &&
        (architecture === undefined || one.architecture === undefined || one.architecture === architecture),
    ) ?? there.find((one) => one.provides.includes(name))
  )
}

/** Is the package there, in the version that is wanted when one is? */
export function isThere(wanted: Wanted, packages: Packages): boolean {
  const found = installedFor(wanted, packages)
  return found !== undefined && (wanted.version === undefined || matchesVersion(found.version, wanted.version))
}

function readInstalled(line: string): Installed[] {
  const [status = '', full = '', version = '', provides = ''] = line.split('|')
  const [name = '', architecture] = full.split(':')
  if (name === '') return []
  const letter = status[1] ?? ''
  return [
    {
      name,
      architecture,
      version,
      status: 'iWt'.includes(letter) ? 'installed' : letter === 'c' ? 'config-files' : 'half',
      provides: provides.split(',').map((one) => one.trim().replace(/[ (].*/, '')),
    },
  ].filter((one) => one.status !== 'half' || letter !== 'n') as Installed[]
}

function readCandidates(policy: string): ReadonlyMap<string, string> {
  const candidates = new Map<string, string>()
  let name = ''
  for (const line of policy.split('\n')) {
    const [, heading] = /^(\S+):$/.exec(line) ?? []
    const [, candidate] = /^ {2}Candidate: (.*)$/.exec(line) ?? []
    if (heading !== undefined) name = heading
    else if (candidate !== undefined && candidate !== '(none)') candidates.set(name, candidate)
  }
  return candidates
}

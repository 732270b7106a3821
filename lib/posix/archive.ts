import { type Answer, join, NotYetError, problem, raw, type Script, sh, TaskError } from '../task.ts'
import { escapeOf, type Member, readTarList, readZipList } from './archive-members.ts'
import { isAccount } from './attributes.ts'
import { resolveMode } from './mode.ts'
import { expanded } from './words.ts'

export interface ArchiveWish {
  readonly dest: string
  readonly creates?: string | undefined
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly extra_opts: readonly string[]
  readonly keep_newer: boolean
  readonly owner?: string | undefined
  readonly group?: string | undefined
  readonly mode?: string | undefined
}

export interface ArchiveLook {
  readonly kind: 'zip' | 'tar' | 'tgz' | undefined
  /** Why there is nothing to unpack. */
  readonly skipped: boolean
  readonly dest: string
  readonly members: readonly Member[]
  /** What is missing in the folder or differs there, in words, a line each. */
  readonly differing: readonly string[]
}

/** The archive at `$t` against the folder: kind, list and differences; leaves nothing behind. `readArchive` understands it. */
export function archiveScript(wish: ArchiveWish): Script {
  const { creates, dest, owner, group, mode } = wish
  const attributes = owner !== undefined || group !== undefined || mode !== undefined
  return join([
    raw('LC_ALL=C; export LC_ALL'),
    sh`d=${expanded(dest)}; printf '%s\n' "$d"; umask`,
    creates === undefined ? raw(':') : sh`if [ -e ${expanded(creates)} ]; then echo skip; exit 0; fi`,
    raw(`if [ ! -d "$d" ]; then echo no-folder; exit 0; fi
if [ ! -f "$t" ] || [ ! -r "$t" ]; then echo no-archive; exit 0; fi
case $(head -c 4 <"$t" | od -An -tx1 | tr -d ' \\n') in 504b0304|504b0506|504b0708) k=zip;; 1f8b*) k=tgz;; *) k=tar;; esac
echo "$k"; echo ==
if [ "$k" = zip ]; then`),
    zipScript(wish),
    raw('else'),
    tarScript(wish),
    raw('fi; echo =='),
    attributes ? sh`(${namesScript(wish)} | xargs -0 stat -c '%F/%a %u %U %g %G %n' --) 2>/dev/null` : raw(':'),
    raw(':'),
  ])
}

function tarWords({ include, exclude, extra_opts }: ArchiveWish, action: string): Script {
  const left = exclude.map((pattern) => `--exclude=${pattern}`)
  return sh`tar ${action} -f "$t" -C "$d" ${[...extra_opts, ...left]} ${[...include]}`
}

function tarScript(wish: ArchiveWish): Script {
  return join([
    sh`${tarWords(wish, '-tv')} --numeric-owner --quoting-style=escape || echo "!!unreadable"`,
    raw('echo =='),
    sh`${tarWords(wish, '-d')} --show-transformed-names 2>&1`,
  ])
}

/** Nothing compares a zip with a folder, so it is unpacked beside for the look; `unzip` itself leaves no folder. */
function zipScript(wish: ArchiveWish): Script {
  return join([
    raw(`if ! command -v unzip >/dev/null; then echo "!!no-unzip"; exit 0; fi
unzip -Z -s "$t" || echo "!!unreadable"
echo ==
x=$(mktemp -d); trap 'rm -rf -- "$x" "$u"' EXIT; mkdir "$x/x"`),
    unzipWords(wish, raw('"$x/x"')),
    sh`m=${wish.mode ?? ''}`,
    raw(`look() { sort -z "$x/names" | xargs -0 -r sha256sum; if [ -z "$m" ]; then sort -z "$x/names" | xargs -0 -r stat -c '%a  %n' --; fi; }
cd -- "$x/x" && find . -type f -print0 >"$x/names" && look >"$x/a"
cd -- "$d" && look >"$x/b" 2>/dev/null
diff "$x/a" "$x/b" | sed -n 's/^< [^ ]*  *\\(.*\\)/\\1: differs/p'
cd -- "$x/x" && find . -type l -print | while read -r l; do [ "$(readlink "$l")" = "$(readlink "$d/$l")" ] || printf '%s: differs\\n' "$l"; done`),
  ])
}

function unzipWords({ include, exclude, extra_opts, keep_newer }: ArchiveWish, folder: Script): Script {
  const left = exclude.length === 0 ? [] : ['-x', ...exclude]
  return sh`unzip -qq ${keep_newer ? '-uo' : '-o'} ${[...extra_opts]} "$t" ${[...include]} ${left} -d ${folder} >&2`
}

/** The names as they come to lie in the folder, with a NUL behind each; works in the folder from here on. */
function namesScript(wish: ArchiveWish): Script {
  const { include, exclude } = wish
  const left = exclude.length === 0 ? [] : ['-x', ...exclude]
  const zip = sh`unzip -Z1 "$t" ${[...include]} ${left}`
  const tar = sh`${tarWords(wish, '-t')} --show-transformed-names --quoting-style=literal`
  return sh`cd -- "$d" && if [ "$k" = zip ]; then ${zip}; else ${tar}; fi | grep -v '^/*$' | tr '\\n' '\\0'`
}

/** Unpacks `$t` into the folder, and gives what was unpacked its owner and permissions. */
export function extractScript(wish: ArchiveWish, { kind, dest }: ArchiveLook): Script {
  const { keep_newer, owner, group, mode } = wish
  const newer = keep_newer ? ['--keep-newer-files'] : []
  const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  const each = (words: Script) => sh`(${namesScript(wish)} | xargs -0 -r ${words})`
  const chmod = 'm=$1; shift; for f do [ -h "$f" ] || chmod "$m" -- "$f" || exit; done'
  return join([
    raw('set -e; LC_ALL=C; export LC_ALL'),
    sh`d=${dest}; k=${kind ?? ''}`,
    kind === 'zip' ? unzipWords(wish, raw('"$d"')) : sh`${tarWords(wish, '-x')} ${newer}`,
    account === '' ? raw(':') : each(sh`chown -h ${account} --`),
    mode === undefined ? raw(':') : each(sh`sh -c ${chmod} sh ${mode}`),
  ])
}

/** Throws NotYetError for a folder or archive that is not there, TaskError for one that cannot or must not be unpacked. */
export function readArchive(
  answer: Pick<Answer, 'text' | 'errors'> | undefined,
  wish: ArchiveWish,
  source: string,
): ArchiveLook {
  const text = answer?.text ?? ''
  const errors = answer?.errors ?? ''
  const [head = '', list = '', differences = '', attributes = ''] = text.split(/^==\n/m)
  const [dest = '', umask = '', word] = head.split('\n')
  if (word === 'skip') return { kind: undefined, skipped: true, dest, members: [], differing: [] }
  if (word === 'no-folder')
    throw new NotYetError(
      problem('folder-missing', `the folder ${dest} to unpack into does not exist`, {
        mend: `make it in a task before: file: { path: ${dest}, state: directory }`,
      }),
      { values: { msg: `dest '${dest}' must be an existing dir` } },
    )
  if (word === 'no-archive')
    throw new NotYetError(
      problem('source-missing', `there is no archive ${source} that this account can read`, {
        mend: 'without remote_src the archive is a file beside the playbook',
      }),
    )
  if (list.startsWith('!!no-unzip'))
    throw new NotYetError(
      problem('program-missing', 'unzip is not installed on the host', {
        mend: 'install it in a task before: apt: { name: unzip }',
      }),
    )
  if (word !== 'zip' && word !== 'tar' && word !== 'tgz')
    throw new TaskError(problem('probe-failed', `${source} could not be looked at`, { detail: errors }))
  if (list.includes('!!unreadable'))
    throw new TaskError(
      problem('bad-archive', `${source} is no archive that ${word === 'zip' ? 'unzip' : 'tar'} can read`, {
        detail: errors,
        mend: 'tar with gzip, bzip2, xz or zstd needs that program on the host; otherwise get the archive again',
      }),
    )
  const members = word === 'zip' ? readZipList(list) : readTarList(list)
  const outside = escapeOf(members)
  if (outside !== undefined)
    throw new TaskError(
      problem('archive-escapes', `${source} is not unpacked: ${outside}`, {
        mend: 'see who made the archive; leave the member out with exclude if the rest can be trusted',
      }),
    )
  const differing = [...differencesIn(differences, wish), ...attributeDifferences(attributes, wish, umask)]
  return { kind: word, skipped: false, dest, members, differing }
}

/** What is set afterwards anyway, or differs for accounts that may not set it, is no difference. */
function differencesIn(text: string, { owner, group, mode }: ArchiveWish): readonly string[] {
  return text.split('\n').filter((line) => {
    if (line.trim() === '' || /: (implausibly old time stamp|Removing leading|time stamp .* in the future)/.test(line))
      return false
    if (/: Uid differs$/.test(line)) return owner === undefined
    if (/: Gid differs$/.test(line)) return group === undefined
    if (/: Mode differs$/.test(line)) return mode === undefined
    // A member whose whole name was taken off is not unpacked.
    return !/^tar: (Exiting|Error|: )/.test(line)
  })
}

function attributeDifferences(text: string, { owner, group, mode }: ArchiveWish, umask: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, type = '', bits = '', uid = '', user = '', gid = '', groupName = '', name = ''] =
      /^(.*)\/(\d+) (\d+) (\S+) (\d+) (\S+) (.*)$/.exec(line) ?? []
    if (name === '') return []
    const now = Number.parseInt(bits, 8)
    const wanted =
      mode === undefined || type === 'symbolic link'
        ? now
        : resolveMode(mode, now, type === 'directory', Number.parseInt(umask, 8))
    return [
      ...(owner !== undefined && !isAccount(owner, Number(uid), user) ? [`${name}: owner differs`] : []),
      ...(group !== undefined && !isAccount(group, Number(gid), groupName) ? [`${name}: group differs`] : []),
      ...(wanted === now ? [] : [`${name}: mode differs`]),
    ]
  })
}

import { fenced } from '../core/connection.ts'
import { join, raw, type Script, sh } from '../core/script.ts'
import { beginning, type LockRecord, written } from './record.ts'

/** Where the lock lies: a folder of the host, or the usual ones. */
export type Folder = string | undefined

const name = 'ametys-rocketchat.lock'

/**
 * What every script here knows. `/run/lock` of Debian is emptied by a restart; where it is missing or not for everybody,
 * `/tmp` is. `first` reads the line of the lock, `mine` compares it, `tell` reports. `b` tells one start of the
 * host from the next: the kernel's own mark, and for a container the start of its first process.
 */
function common(folder: Folder, { run }: Pick<LockRecord, 'run'>): Script {
  return sh`LC_ALL=C; export LC_ALL; umask 022
d=${folder ?? ''}; [ "$d" ] || { d=/tmp; [ -k /run/lock ] && d=/run/lock; }
f=$d/${name}; t=$f.${run}.$$
b=; p=; { read -r b </proc/sys/kernel/random/boot_id; read -r p </proc/1/stat; } 2>/dev/null
p=\${p##*) }; set -- $p; b=$b:\${20-}
first() { l=; [ ! -f "$f" ] || { IFS= read -r l <"$f"; } 2>/dev/null; }
mine() { first; case $l in ${beginning(run)}*) return 0;; esac; return 1; }
tell() {
  printf '%s\n' "$1" "$f" "$b" "$(date +%s)" "$(stat -c '%Y %U %F' "$f" 2>/dev/null)"
  [ ! -f "$f" ] || { cksum <"$f"; head -c 4096 "$f"; } 2>/dev/null
  exit 0
}`
}

/** A draft beside the lock, whole before anybody sees it. */
function draft(record: LockRecord): Script {
  return sh`trap 'rm -f -- "$t"' EXIT
( set -C; printf '%s\n' ${written(record)} >"$t" ) || tell stuck`
}

/** Takes the lock if nobody has it: a link is made in one step and never over something that is there. Says `taken`, `held` or `stuck`. */
export function takeScript(folder: Folder, record: LockRecord): Script {
  return join([
    common(folder, record),
    draft(record),
    raw('[ ! -d "$f" ] && ln "$t" "$f" 2>/dev/null && tell taken\ntell held'),
  ])
}

/** Takes the lock from whoever had it when `sum` was its sum. Says `taken`, `held` (by somebody else by now) or `kept`. */
export function takeOverScript(folder: Folder, record: LockRecord, sum: string): Script {
  return join([
    common(folder, record),
    sh`[ -f "$f" ] && [ "$(cksum <"$f")" = ${sum} ] || tell held`,
    draft(record),
    raw('mv -f -- "$t" "$f" && tell taken\ntell kept'),
  ])
}

/**
 * Renews the lease. Says `ours`, `other`, `absent`, `kept` (it may not, and no other name of this machine in the same run
 * has done so lately), and with `strict` also `late`: the lease had run out by the host's clock, and is left so.
 */
export function renewScript(folder: Folder, record: LockRecord, strict: boolean): Script {
  const late = sh`[ $(($(date +%s) - $(stat -c %Y "$f"))) -le ${record.lease} ] || tell late`
  return join([
    common(folder, record),
    raw('[ -e "$f" ] || tell absent\nmine || tell other'),
    ...(strict ? [late] : []),
    sh`touch -c -- "$f" || [ $(($(date +%s) - $(stat -c %Y "$f"))) -le ${Math.floor(record.lease / 2)} ] || tell kept`,
    raw('tell ours'),
  ])
}

/** Gives the lock back if it is ours, then runs `last`: what a run leaves behind on the host at its end. Says `released` or `other`; on stderr why `last` failed. */
export function releaseScript(folder: Folder, record: LockRecord, last: readonly Script[] = []): Script {
  return join([
    common(folder, record),
    raw('s=other; mine && rm -f -- "$f" && s=released'),
    ...last.map((one) => sh`(${one}) </dev/null || echo "it failed" >&2`),
    raw('tell "$s"'),
  ])
}

/** What is put in front of each script that changes the host; `file` is where the lock was taken. */
export function fenceScript(file: string, { run }: Pick<LockRecord, 'run'>): Script {
  return sh`__k=; [ ! -f ${file} ] || { IFS= read -r __k <${file}; } 2>/dev/null
case $__k in ${beginning(run)}*) unset __k;; *) exit ${fenced};; esac`
}

/** What a script of these said. Times are seconds by the host's clock. */
export interface Told {
  readonly verdict: string
  readonly file: string
  readonly boot: string
  readonly now: number
  /** Undefined when nothing lies there. */
  readonly found?: {
    /** When it was renewed last. */
    readonly renewed: number
    /** Whose file it is on the host. */
    readonly account: string
    /** `regular file`, `directory` … */
    readonly kind: string
    readonly sum: string
    readonly text: string
  }
}

/** Reads what a script told; undefined when it did not come to that. */
export function readTold(stdout: string): Told | undefined {
  const [verdict = '', file = '', boot = '', now = '', stat = '', sum = '', ...text] = stdout.split('\n')
  if (!/^[a-z]+$/.test(verdict) || !/^\d+$/.test(now)) return undefined
  const [, renewed, account = '', kind = ''] = /^(\d+) (\S+) (.*)$/.exec(stat) ?? []
  return {
    verdict,
    file,
    boot,
    now: Number(now),
    ...(renewed !== undefined && {
      found: { renewed: Number(renewed), account, kind, sum, text: text.join('\n').trim() },
    }),
  }
}

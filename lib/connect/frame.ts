import { randomBytes } from 'node:crypto'

/**
 * The marks that frame one script on its way through a login shell. `nonce` stands in the argument list of the far
 * shell, `mark` never does. Neither is a secret: they only cannot be met by chance.
 */
export interface Frame {
  readonly nonce: string
  readonly mark: string
}

/** Fresh random marks. */
export function newFrame(): Frame {
  return { nonce: randomBytes(12).toString('hex'), mark: randomBytes(16).toString('hex') }
}

/**
 * The program given to `sh -c` on the host. It skips its input up to the line that starts with the nonce (what is before
 * can be a password that sudo did not ask for) and evaluates the rest of that line. `read` takes single bytes, so what
 * follows the line is still there for it. Neither quotes, backslashes, exclamation marks nor line breaks are inside:
 * csh and fish read it between single quotes as a POSIX shell does.
 */
export function bootstrap({ nonce }: Frame): string {
  return `while IFS= read -r __l; do case $__l in ${nonce}*) eval "\${__l#${nonce}}"; exit;; esac; done; exit 125`
}

/**
 * The first line on stdin. It reads the script up to the nonce and runs it in a subshell, so that nothing the script does
 * (exit, set -e, exec, a syntax error) can take the closing mark away. A script cut short by a lost link is not run at
 * all: it would lack the nonce at its end.
 *
 * `stdin` says what the script reads: nothing (`null`), or what follows it (`rest`). `unset` names variables that
 * were set for sudo only. With `framed` off only the opening marks are printed:
 * the output is the script's to its end.
 */
export function opening(
  { nonce, mark }: Frame,
  { stdin, unset, framed = true }: { stdin: 'null' | 'rest'; unset?: readonly string[]; framed?: boolean },
): string {
  const read =
    stdin === 'null'
      ? `__s=$(cat); case $__s in *${nonce}) __s=\${__s%${nonce}};; *) exit 125;; esac`
      : `${lineBreak}; ${readToNonce(nonce)}`
  const marks = printed(halvesOf(mark))
  return line([
    nonce + unsetting(unset) + marks.open,
    `${marks.open} >&2`,
    read,
    `(eval "$__s")${stdin === 'null' ? ' </dev/null' : ''}`,
    '__c=$?',
    ...(framed ? [marks.close, `${marks.close} >&2`] : []),
    'exit $__c',
  ])
}

/** Prints the marks, in two halves, so that no trace of the shell (`set -x`) shows one whole. */
function printed(halves: string): { readonly open: string; readonly close: string } {
  return { open: `printf '%s%s %d(' ${halves} $$`, close: `printf ')%s%s %d\\n' ${halves} $__c` }
}

function halvesOf(mark: string): string {
  return `${mark.slice(0, 16)} ${mark.slice(16)}`
}

const lineBreak = "__n=$(printf '\\nx'); __n=${__n%x}"

/** `read` takes single bytes, so that what follows the nonce stays where it is. */
function readToNonce(nonce: string): string {
  return `__s=; __o=; while IFS= read -r __l; do case $__l in ${nonce}) __o=1; break;; esac; __s=$__s$__l$__n; done; [ "$__o" ] || exit 125`
}

function unsetting(names: readonly string[] = []): string {
  return names.length === 0 ? '' : `unset ${names.join(' ')}; `
}

function line(commands: readonly string[]): string {
  return `${commands.join('; ')}\n`
}

/** What a login reads. When one of them is changed, a shell that is older does not have what a new login would have. */
const readAtLogin = [
  '/etc/passwd',
  '/etc/group',
  '/etc/environment',
  '/etc/security/limits.conf',
  '/etc/bash.bashrc',
  '/etc/zsh/zshenv',
  '~/.bashrc',
  '~/.zshenv',
  '~/.ssh/environment',
]

/**
 * The first line on stdin of a shell that runs one script after the other, each announced by `serving`.
 *
 * `__old` says whether a new login would find another account, environment or folder; how old the shell is tells the
 * entry of its process, which is kept open as 5. Where times of files cannot be compared, `__k` stays empty, and the
 * shell ends after its first script. `__go` runs what was read. The script holds a pipe of its own open as 9, and so
 * does all that it starts: only when nobody has it any more does the shell say `served`, so that nothing that a script
 * left running can meet the next one. A script that kills its shell gets no closing mark. `__e` is the code of the last one.
 *
 * `__long` reads a long script in one piece, which `dd` does without touching what follows; one that cannot do so fails
 * before it has read anything. The line that such a script begins with shows that it is this one.
 */
export function waiting({ nonce }: Frame, unset?: readonly string[]): string {
  const { open, close } = printed('$1 $2')
  const old = readAtLogin.map((file) => `[ ${file} -nt /proc/$$/stat ] || `).join('')
  return line([
    `${nonce}${unsetting(unset)}${lineBreak}; __w=; [ . -ef "$PWD" ] && __w=$PWD`,
    `__old() { ${old}! [ . -ef "\${__w:-.}" ]; }`,
    `__go() { (eval "$__s") </dev/null; __c=$?; [ -z "$__k" ] || [ -e /proc/$$/exe ] || exit; ${close}; ${close} >&2; return $__c; }`,
    `__short() { ${readToNonce(nonce)}; }`,
    `__long() { __s=$(dd bs=$2 count=1 iflag=fullblock 2>/dev/null); case $__s in '') __short;; *${nonce}) __s=\${__s%${nonce}};; *) exit 125;; esac; case $__s in "#$1$__n"*) __s=\${__s#*"$__n"};; *) exit 125;; esac; }`,
    `__one() { ${open}; ${open} >&2; if [ "$3" ]; then __long $1 $3; else __short; fi; [ "$__k" ] || { __go $1 $2; exit; }; __c=$(exec 9>&1 >&3 2>&4 3>&- 4>&- 5<&-; __go $1 $2); __e=$?; __s=; printf '%s.\\n' ${nonce}; }`,
    '__k=; [ /proc/$$/stat -nt /etc/passwd ] && ! __old && exec 3>&1 4>&2 5</proc/$$/stat && __k=1',
    `while IFS= read -r __l; do case $__l in ${nonce}*) eval "\${__l#${nonce}}";; esac; done`,
    'exit',
  ])
}

/** Bytes above which a script is read in one piece: that takes a process, and less time than single bytes. */
const longFrom = 3 * 1024

/** One script of several. A shell that is too old ends instead, before the opening mark. */
export function serving(frame: Frame, script: string): string {
  return `${frame.nonce}[ "$__k" ] && __old && exit; __one ${announced(frame, script)}`
}

/** A script that comes after another one without being waited for, and only when that one ended with 0. */
export function riding(frame: Frame, script: string): string {
  return `${frame.nonce}[ "$__k" ] && __old && exit; [ "$__e" = 0 ] && __one ${announced(frame, script)}`
}

function announced(frame: Frame, script: string): string {
  const halves = halvesOf(frame.mark)
  const short = closing(frame, script)
  if (Buffer.byteLength(short) <= longFrom) return `${halves}\n${short}`
  const long = `#${frame.mark.slice(0, 16)}\n${short}`
  return `${halves} ${Buffer.byteLength(long)}\n${long}`
}

/** Said on stdout when nothing of a served script is left. */
export const served = ({ nonce }: Frame): string => `${nonce}.`

/** What follows the opening line: the script and the nonce that says it is complete. */
export function closing({ nonce }: Frame, script: string): string {
  return `${script}\n${nonce}\n`
}

/** Reads one output stream: what is before the opening mark is noise, what is after the closing one is not the script's. */
export interface Unframer {
  feed(chunk: Buffer): void
  /** The stream ended: what was held back as a possible closing mark is output after all. */
  end(): void
  /** What a login banner or rc file printed, and what sudo said; at most its first 64 KiB. */
  readonly noise: string
  readonly opened: boolean
  /** Process id of the shell that runs the script, once opened. */
  readonly pid: number | undefined
  /** The script's exit code, once the closing mark has come. */
  readonly code: number | undefined
  /** What has come after the closing mark; at most its first 4 KiB. */
  readonly after: string
}

const noiseLimit = 64 * 1024
const afterLimit = 4 * 1024

/** Makes an Unframer that hands the script's own output to `onBody`, chunk by chunk. */
export function unframer({ mark }: Frame, onBody: (chunk: Buffer) => void): Unframer {
  const openMark = Buffer.from(`${mark} `)
  const closeMark = Buffer.from(`)${mark} `)
  let held: Buffer = Buffer.alloc(0)
  let noise = ''
  let after = ''
  let pid: number | undefined
  let code: number | undefined

  const addNoise = (bytes: Buffer) => {
    if (noise.length < noiseLimit) noise += bytes.toString()
    else if (!noise.endsWith('…')) noise += '…'
  }

  const addAfter = (bytes: Buffer) => {
    if (after.length < afterLimit) after += bytes.toString('latin1')
  }

  const beforeOpen = (data: Buffer): void => {
    const at = data.indexOf(openMark)
    const paren = at < 0 ? -1 : data.indexOf('(', at)
    if (paren < 0) {
      const keep = at < 0 ? Math.max(0, data.length - openMark.length + 1) : at
      addNoise(data.subarray(0, keep))
      held = data.subarray(keep)
      return
    }
    addNoise(data.subarray(0, at))
    pid = Number(data.subarray(at + openMark.length, paren).toString())
    held = Buffer.alloc(0)
    body(data.subarray(paren + 1))
  }

  const body = (data: Buffer): void => {
    const at = data.indexOf(closeMark)
    if (at >= 0) {
      const newline = data.indexOf('\n', at)
      if (at > 0) onBody(data.subarray(0, at))
      held = data.subarray(at)
      if (newline < 0) return
      code = Number(data.subarray(at + closeMark.length, newline).toString())
      held = Buffer.alloc(0)
      addAfter(data.subarray(newline + 1))
      return
    }
    const keep = data.length - partOf(closeMark, data)
    if (keep > 0) onBody(data.subarray(0, keep))
    held = data.subarray(keep)
  }

  return {
    feed(chunk) {
      if (code !== undefined) return addAfter(chunk)
      const data = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      if (pid === undefined) beforeOpen(data)
      else body(data)
    },
    end() {
      if (pid === undefined) addNoise(held)
      else if (held.length > 0 && code === undefined) onBody(held)
      held = Buffer.alloc(0)
    },
    get noise() {
      return pid === undefined ? noise + held.toString() : noise
    },
    get opened() {
      return pid !== undefined
    },
    get pid() {
      return pid
    },
    get code() {
      return code
    },
    get after() {
      return after
    },
  }
}

/** Length of the longest end of `data` that is a beginning of `mark`. */
function partOf(mark: Buffer, data: Buffer): number {
  for (let length = Math.min(mark.length - 1, data.length); length > 0; length--) {
    if (data.subarray(data.length - length).equals(mark.subarray(0, length))) return length
  }
  return 0
}

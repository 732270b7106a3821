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
  const [a, b] = [mark.slice(0, 16), mark.slice(16)]
  const open = `printf '%s%s %d(' ${a} ${b} $$`
  const close = `printf ')%s%s %d\\n' ${a} ${b} $__c`
  const read =
    stdin === 'null'
      ? `__s=$(cat); case $__s in *${nonce}) __s=\${__s%${nonce}};; *) exit 125;; esac`
      : `__n=$(printf '\\nx'); __n=\${__n%x}; __s=; __o=; while IFS= read -r __l; do case $__l in ${nonce}) __o=1; break;; esac; __s=$__s$__l$__n; done; [ "$__o" ] || exit 125`
  return [
    nonce + (unset === undefined || unset.length === 0 ? '' : `unset ${unset.join(' ')}; `) + open,
    `${open} >&2`,
    read,
    `(eval "$__s")${stdin === 'null' ? ' </dev/null' : ''}`,
    '__c=$?',
    framed ? close : '',
    framed ? `${close} >&2` : '',
    'exit $__c\n',
  ]
    .filter((part) => part !== '')
    .join('; ')
}

/** What follows the opening line: the script and the nonce that says it is complete. */
export function closing({ nonce }: Frame, script: string): string {
  return `${script}\n${nonce}\n`
}

/** Reads one output stream: what is before the opening mark is noise, what is after the closing one is dropped. */
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
}

const noiseLimit = 64 * 1024

/** Makes an Unframer that hands the script's own output to `onBody`, chunk by chunk. */
export function unframer({ mark }: Frame, onBody: (chunk: Buffer) => void): Unframer {
  const openMark = Buffer.from(`${mark} `)
  const closeMark = Buffer.from(`)${mark} `)
  let held: Buffer = Buffer.alloc(0)
  let noise = ''
  let pid: number | undefined
  let code: number | undefined

  const addNoise = (bytes: Buffer) => {
    if (noise.length < noiseLimit) noise += bytes.toString()
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
      return
    }
    const keep = data.length - partOf(closeMark, data)
    if (keep > 0) onBody(data.subarray(0, keep))
    held = data.subarray(keep)
  }

  return {
    feed(chunk) {
      if (code !== undefined) return
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
  }
}

/** Length of the longest end of `data` that is a beginning of `mark`. */
function partOf(mark: Buffer, data: Buffer): number {
  for (let length = Math.min(mark.length - 1, data.length); length > 0; length--) {
    if (data.subarray(data.length - length).equals(mark.subarray(0, length))) return length
  }
  return 0
}

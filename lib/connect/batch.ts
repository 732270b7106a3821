import type { Output } from '../core/connection.ts'
import { ConnectError, problem } from '../core/diagnostic.ts'
import { join, type Piece, quote, raw, Script, sh } from '../core/script.ts'
import { Secret } from '../core/secret.ts'
import { summary } from './trouble.ts'

/**
 * Many read-only scripts as one, so that a host is asked everything in one trip. `mark` is a random word of letters and
 * digits that no output contains. Each script runs in a subshell of its own, without input, framed by marks on both
 * output streams; it is handed to `eval`, so that a syntax error is its own failure and not that of the batch.
 */
export function batch(scripts: readonly Script[], mark: string): Script {
  const frames = scripts.map(
    (script, index) => sh`b_ ${index}
(${evaluated(script)}) </dev/null
e_ ${index} $?`,
  )
  const marks = sh`b_() { printf '<%s %d>' ${mark} "$1"; printf '<%s %d>' ${mark} "$1" >&2; }
e_() { printf '</%s %d %d>' ${mark} "$1" "$2"; printf '</%s %d %d>' ${mark} "$1" "$2" >&2; }`
  const all = join([marks, ...frames, sh`:`])
  return scripts.length < manyScripts ? all : gathered(all)
}

/** From so many scripts on it pays to start two programs that gather what they say. */
const manyScripts = 6

/**
 * Lets both output streams leave in large pieces. Each little line that a shell prints is a write of its own, and on its way
 * over the network a packet of its own, to be encrypted there and taken apart here. `dd` with unlike block sizes fills its
 * output blocks whatever it reads (POSIX); where there is none, or one that does not know them, `cat` passes on what comes.
 */
function gathered(script: Script): Script {
  const gather = raw('{ dd ibs=32768 obs=65536 2>/dev/null || cat; }')
  return sh`{ {
${script}
} 2>&1 >&3 3>&- | ${gather} >&2 3>&-; } 3>&1 | ${gather}`
}

/**
 * Takes the output of a batch apart again: one Output per script, in their order. Throws ConnectError `batch-died` that
 * names the script under which the shell died (killed, out of memory), for then nothing is known of the ones after it.
 */
export function unbatch(scripts: readonly Script[], mark: string, output: Output): Output[] {
  const stdout = frames(output.stdout, mark)
  const stderr = frames(output.stderr, mark)
  return scripts.map((script, index) => {
    const out = stdout.get(index)
    const err = stderr.get(index)
    if (out?.code === undefined || err?.code === undefined) throw died(script, out !== undefined, output)
    return { code: out.code, stdout: out.bytes, stderr: err.bytes }
  })
}

/**
 * `eval` of the script as a single word. A secret stays a piece of its own: it goes into a variable that the evaluated
 * text names, or, when it is shell text itself, into the word.
 */
function evaluated(script: Script): Script {
  const variables: Piece[] = []
  const words: Piece[] = []
  const plain = (text: string) => words.push({ text, quoted: true })
  for (const { text, quoted } of script.pieces) {
    if (!(text instanceof Secret)) plain(quoted ? quote(text) : text)
    else if (!quoted) words.push({ text, quoted: true })
    else {
      const name = `s${variables.length / 3}_`
      variables.push({ text: `${name}=`, quoted: false }, { text, quoted: true }, { text: '; ', quoted: false })
      plain(`"$${name}"`)
    }
  }
  return new Script([...variables, { text: 'eval ', quoted: false }, ...words])
}

interface Frame {
  readonly bytes: Buffer
  readonly code: number | undefined
}

/** Frames by number; one that was never closed has no code. */
function frames(stream: Buffer, mark: string): Map<number, Frame> {
  const found = new Map<number, Frame>()
  const opens = Buffer.from(`<${mark} `)
  let from = stream.indexOf(opens)
  while (from >= 0) {
    const head = stream.indexOf('>', from)
    if (head < 0) break
    const index = Number(stream.subarray(from + opens.length, head).toString())
    const closes = Buffer.from(`</${mark} ${index} `)
    const end = stream.indexOf(closes, head + 1)
    const tail = end < 0 ? -1 : stream.indexOf('>', end)
    if (tail < 0) {
      found.set(index, { bytes: stream.subarray(head + 1), code: undefined })
      break
    }
    const code = Number(stream.subarray(end + closes.length, tail).toString())
    found.set(index, { bytes: stream.subarray(head + 1, end), code })
    from = stream.indexOf(opens, tail)
  }
  return found
}

function died(script: Script, started: boolean, output: Output): ConnectError {
  const how = output.signal ?? `code ${output.code}`
  return new ConnectError(
    problem('batch-died', `the shell that was asked about the host's state died with ${how}`, {
      detail: `${started ? 'while it ran' : 'before it could run'}: ${summary(script)}`,
      mend: 'see whether the host is out of memory (dmesg), or whether that command ends its own shell',
    }),
  )
}

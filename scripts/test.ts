import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const usage = `usage: node scripts/test.ts [PART OF A PATH ...] [--e2e] [--times] [--timeout SECONDS]

Runs each test file below test/ in a process of its own, a few at a time. With words, only files whose path holds one
of them. --e2e runs those of test/e2e instead, one by one. --times lists the files that took a second or more.`

/** What became of one test file; `trouble` says why it counts as failed although no test of it says so. */
interface Outcome {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly trouble: string | undefined
  readonly seconds: number
  readonly output: string
}

/** Programs read before are not read again, which halves the time; figures of coverage would suffer from it. */
const env: NodeJS.ProcessEnv =
  process.env.NODE_V8_COVERAGE === undefined
    ? { NODE_COMPILE_CACHE: join(process.cwd(), 'node_modules', '.cache', 'node-compile'), ...process.env }
    : process.env

const options = {
  e2e: { type: 'boolean', default: false },
  times: { type: 'boolean', default: false },
  timeout: { type: 'string' },
} as const

process.exitCode = await main(process.argv.slice(2))

async function main(words: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(words)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`)
    return 2
  }
  const { values, positionals } = parsed
  const files = testFiles(values.e2e).filter(
    (file) => positionals.length === 0 || positionals.some((word) => file.includes(word)),
  )
  if (files.length === 0) {
    process.stderr.write(`no test file matches ${positionals.join(', ')}\n\n${usage}\n`)
    return 2
  }
  const seconds = Number(values.timeout ?? (values.e2e ? 900 : 120))
  const outcomes = await runAll(files, values.e2e ? 1 : availableParallelism(), seconds)
  if (values.times) process.stdout.write(timesOf(outcomes))
  return sumUp(outcomes)
}

function parse(args: string[]) {
  const parsed = parseArgs({ args, options, allowPositionals: true })
  if (!(Number(parsed.values.timeout ?? 1) > 0)) throw new Error('--timeout needs a number of seconds')
  return parsed
}

/** Paths below the working directory; whole command lines take longest, so they go first. */
function testFiles(e2e: boolean): readonly string[] {
  const all = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .filter((name) => name.startsWith(join('test', 'e2e', '')) === e2e)
    .sort()
  const first = (name: string) => name.startsWith(join('test', 'scenarios', ''))
  return [...all.filter(first), ...all.filter((name) => !first(name))]
}

async function runAll(files: readonly string[], atOnce: number, seconds: number): Promise<readonly Outcome[]> {
  const waiting = [...files]
  const outcomes: Outcome[] = []
  const running = new Set<ChildProcess>()
  const cut = () => {
    waiting.length = 0
    for (const child of running) kill(child)
  }
  process.once('SIGINT', cut).once('SIGTERM', cut)
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const outcome = await runFile(file, seconds, running)
      outcomes.push(outcome)
      if (isBad(outcome)) process.stdout.write(tell(outcome))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  process.off('SIGINT', cut).off('SIGTERM', cut)
  return outcomes
}

/** A group of its own, so that whatever a test started ends with it. */
function runFile(file: string, seconds: number, running: Set<ChildProcess>): Promise<Outcome> {
  return new Promise((resolve) => {
    const began = performance.now()
    const child = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    running.add(child)
    const chunks: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    let late = false
    const timer = setTimeout(() => {
      late = true
      kill(child)
    }, seconds * 1000)
    child.once('error', (error) => chunks.push(Buffer.from(`${error.message}\n`)))
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      running.delete(child)
      const output = Buffer.concat(chunks).toString()
      const counts = countsIn(output)
      const ended = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`
      const trouble = late
        ? `it was still running after ${seconds} s: a test hangs, or something it opened was not closed`
        : counts === undefined
          ? `${ended} before its tests did`
          : counts.passed + counts.failed + counts.skipped === 0
            ? 'it ran no test'
            : code === 0 || counts.failed > 0
              ? undefined
              : ended
      const known = counts ?? { passed: 0, failed: 0, skipped: 0 }
      resolve({ file, ...known, trouble, seconds: (performance.now() - began) / 1000, output })
    })
  })
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  process.kill(-child.pid, 'SIGKILL')
}

/** What uvu tells at the end; undefined when it did not come that far. */
function countsIn(output: string): { passed: number; failed: number; skipped: number } | undefined {
  const esc = String.fromCharCode(27)
  const plain = output.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '')
  const numbers = [...plain.matchAll(/\n {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n/g)].at(-1)
  if (numbers === undefined) return undefined
  const [total = 0, passed = 0, skipped = 0] = numbers.slice(1).map(Number)
  return { passed, failed: total - passed, skipped }
}

/** A hook that throws leaves tests that neither pass nor are told as failed: the counts show it, uvu's exit code does not. */
function isBad({ failed, trouble }: Outcome): boolean {
  return failed > 0 || trouble !== undefined
}

function tell({ file, failed, trouble, output }: Outcome): string {
  const why = trouble ?? `${failed} failed`
  return `${file}: ${why}\n${output.trimEnd().replaceAll(/^/gm, '  ')}\n\n`
}

function timesOf(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter(({ seconds }) => seconds >= 1)
    .toSorted((a, b) => b.seconds - a.seconds)
    .map(({ file, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${file}\n`)
    .join('')
}

/** A file that failed as a whole counts as one failed test. */
function sumUp(outcomes: readonly Outcome[]): number {
  const sum = (count: (one: Outcome) => number) => outcomes.reduce((total, one) => total + count(one), 0)
  const failed = sum((one) => (isBad(one) ? Math.max(one.failed, 1) : 0))
  const skipped = sum((one) => one.skipped)
  const bad = outcomes.filter(isBad).map(({ file }) => `  ${file}\n`)
  if (bad.length > 0) process.stdout.write(`failed:\n${bad.join('')}`)
  if (skipped > 0) process.stdout.write(`${skipped} skipped\n`)
  process.stdout.write(`${sum((one) => one.passed)} passed, ${failed} failed\n`)
  return failed > 0 ? 1 : 0
}

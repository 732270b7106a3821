import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { allCases, type Case } from '../e2e/ansible/case.ts'
import { runOurs } from '../e2e/ansible/ours.ts'

const test = suite('scenarios/ansible: whatever happens to a playbook')

/** Rounds of all seeds together; the time they may take is bounded by that of a single one. */
const rounds = 240
const atOnce = 6
const patience = 20_000

/** Nothing may be changed by what comes out of a mutation, so all of it is a check, and nothing in it may say otherwise. */
const cases = allCases().filter(
  ({ words, files }) =>
    words.length === 0 &&
    !files.some(({ content }) => /check_mode|pause|wait_for|timeout|ssh|pipe|lines|setup/.test(content)),
)

/** A small generator of numbers, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const values = [
  '[]',
  '{}',
  '5',
  'null',
  'true',
  '"{{ nowhere }}"',
  '"{{"',
  '{a: [b]}',
  '-1',
  '""',
  '"{{ [1] }}"',
  '*x',
  '!!set {a}',
]
const keys = [
  'whenn: true',
  'loop: 5',
  'register: [a]',
  'block: []',
  'vars: []',
  'tags: {a: b}',
  'until: "{{"',
  'notify: {}',
  '? a',
]

/** One line, or the end of the file, becomes something else. */
function mutate(text: string, next: (below: number) => number): string {
  const lines = text.split('\n')
  const at = next(lines.length)
  const line = lines[at] ?? ''
  const indent = /^[ -]*/.exec(line)?.[0].replaceAll('-', ' ') ?? ''
  switch (next(8)) {
    case 0:
      lines.splice(at, 1)
      break
    case 1:
      lines.splice(at, 0, line)
      break
    case 2:
      lines[at] = next(2) === 0 ? `  ${line}` : line.replace(/^ {1,2}/, '')
      break
    case 3:
      lines[at] = line.replace(/:.*$/, `: ${values[next(values.length)]}`)
      break
    case 4:
      lines.splice(at, 0, `${indent}${keys[next(keys.length)]}`)
      break
    case 5:
      return text.slice(0, next(text.length))
    case 6: {
      const from = next(text.length)
      return text.slice(0, from) + text.slice(from + 1 + next(4))
    }
    default:
      lines[at] = line.replace(/(\w+):/, '- $1:')
  }
  return lines.join('\n')
}

function mutated(seed: number): Case {
  const next = random(seed)
  next(2)
  const one = cases[next(cases.length)] as Case
  const which = next(one.files.length)
  const files = one.files.map((file, index) => {
    if (index !== which) return file
    let { content } = file
    for (let count = 1 + next(2); count > 0; count--) content = mutate(content, next)
    return { ...file, content }
  })
  return { ...one, words: ['--check'], files }
}

async function outcome(seed: number): Promise<void> {
  const one = mutated(seed)
  const told = `seed ${seed}, ${one.id}\n${one.files.map(({ name, content }) => `--- ${name}\n${content}`).join('\n')}`
  let late: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(new Error('it hangs')), patience)
  })
  try {
    const { observed, findings } = await Promise.race([runOurs(one), tooLong])
    assert.ok(['fine', 'failed', 'refused', 'unreachable'].includes(observed.end), `it ended with ${observed.end}`)
    if (observed.end === 'refused') assert.ok(findings.some(({ severity }) => severity === 'error'))
    for (const { code, message } of findings) {
      assert.match(code, /^[a-z0-9]+(-[a-z0-9]+)*$/)
      assert.not.match(message, /^$|\bundefined\b(?! variable)|\[object|internal/)
    }
  } catch (error) {
    throw new Error(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${told}`)
  } finally {
    clearTimeout(late)
  }
}

test('it ends with findings or runs, and nothing is thrown and nothing hangs', async () => {
  const seeds = Array.from({ length: rounds }, (_, index) => index + 1)
  const failures: string[] = []
  const work = async () => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift())
      await outcome(seed).catch((error: Error) => failures.push(error.message))
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  assert.is(failures.slice(0, 3).join('\n\n'), '')
})

test.run()

import { readFileSync, writeFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import type { Faults } from '../../lib/sandbox/machine/spec.ts'
import { normalise } from './normalise.ts'
import { type Stage, withStage } from './stage.ts'

/**
 * A scenario is a text: a sentence, then parts. A part begins with `=== ` and
 *
 * - `machine NAME`: a rehearsal machine with its faults as JSON, reached over SSH; its host_vars are written beside hosts.yml;
 * - `$ COMMAND`: what is typed and, below it, all that is to be seen, how it ends and what became of the machines;
 * - `NAME`: a file of that name; `NAME (50 MB)`, `NAME (a folder)`, `NAME (base64)`, `NAME (a pipe)`, `NAME (not readable)`.
 */
interface Scenario {
  readonly title: string
  readonly parts: readonly { readonly head: string; readonly body: string }[]
}

/** Plays the scenario of a file and compares; with `UPDATE=1` what is to be seen is written anew. */
export async function play(file: string): Promise<void> {
  const written = readFileSync(file, 'utf8')
  const scenario = parse(written)
  let seen = ''
  await withStage(async (stage) => {
    seen = print(await perform(scenario, stage))
  })
  if (process.env.UPDATE === '1') writeFileSync(file, seen)
  else assert.fixture(seen, written, 'read the difference, then run with UPDATE=1')
}

/** The sentence a scenario begins with. */
export function titleOf(file: string): string {
  return parse(readFileSync(file, 'utf8')).title
}

function parse(text: string): Scenario {
  const [title = '', ...parts] = text.split(/^=== /m)
  return {
    title: title.trim(),
    parts: parts.map((part) => {
      const end = part.indexOf('\n')
      return { head: part.slice(0, end), body: part.slice(end + 1).replace(/\n\n$/, '\n') }
    }),
  }
}

function print({ title, parts }: Scenario): string {
  return `${[title, ...parts.map(({ head, body }) => `=== ${head}\n${body}`.trimEnd())].join('\n\n')}\n`
}

/** The scenario as it turned out to be. */
async function perform({ title, parts }: Scenario, stage: Stage): Promise<Scenario> {
  const played = []
  for (const part of parts) {
    const { head, body } = part
    if (head.startsWith('$ ')) played.push({ head, body: await run(head.slice(2), stage) })
    else {
      const machine = /^machine (\S+)$/.exec(head)?.[1]
      if (machine === undefined) stage.write(head, body)
      else await stage.machine(machine, JSON.parse(body.trim() || '{}') as Faults)
      played.push(part)
    }
  }
  return { title, parts: played }
}

async function run(command: string, stage: Stage): Promise<string> {
  const before = stage.counts()
  const { code, stdout, stderr, lingered } = await stage.start(command).ended
  assert.ok(lingered < 3000, `it was there for ${lingered} ms after its last word`)
  const machines = stage.counts().map(({ name, commands, writes }, index) => {
    const trips = commands - (before[index]?.commands ?? 0)
    const changes = writes - (before[index]?.writes ?? 0)
    return `${name} ${trips === 0 ? 'untouched' : changes === 0 ? 'only read' : 'written'}`
  })
  const shown = [stdout, stderr].map((text) => normalise(text, stage.folder))
  return [
    shown[0],
    ...(stderr === '' ? [] : [`--- stderr\n${shown[1]}`]),
    `--- ${[`exit code ${code}`, ...machines].join(', ')}\n`,
  ].join('')
}

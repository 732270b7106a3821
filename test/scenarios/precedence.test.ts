import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseCommandLine } from '../../lib/command-line.ts'
import type { Diagnostic } from '../../lib/core/diagnostic.ts'
import { runPlaybookFile } from '../../lib/play.ts'
import { runFlags } from '../../lib/run-flags.ts'
import { numbersFrom } from '../lib/load/seeded.ts'

const test = suite('scenarios/precedence')

/**
 * Where a variable may be written, lowest first: Ansible's list of precedence. The host is in `beta`, in `prio` (of a higher
 * ansible_group_priority) and in `inner`, which is inside `outer`.
 */
const levels = [
  'role defaults',
  'inventory all',
  'inventory beta',
  'inventory outer',
  'inventory prio',
  'inventory inner',
  'group_vars/all.yml',
  'play/group_vars/all.yml',
  'group_vars/beta.yml',
  'group_vars/outer.yml',
  'group_vars/prio.yml',
  'group_vars/inner.yml',
  'play/group_vars/beta.yml',
  'play/group_vars/inner.yml',
  'inventory host',
  'host_vars/h.yml',
  'play/host_vars/h.yml',
  'play vars',
  'vars_files',
  'role vars',
  'block vars',
  'task vars',
  'set_fact',
  'include vars',
  'extra vars',
] as const

type Level = (typeof levels)[number]

/** What a variable has everywhere, so that none is undefined. */
const always: Level = 'role defaults'
const count = 60

/** The variables `v0` … with the levels at which each is written. */
function variablesOf(seed: number): readonly ReadonlySet<Level>[] {
  const below = numbersFrom(seed)
  return Array.from({ length: count }, () => {
    const rare = 1 + below(8)
    return new Set<Level>([always, ...levels.filter(() => below(rare) === 0)])
  })
}

function project(variables: readonly ReadonlySet<Level>[]) {
  const at = (level: Level) =>
    Object.fromEntries(variables.flatMap((has, n) => (has.has(level) ? [[`v${n}`, level]] : [])))
  const winner = (has: ReadonlySet<Level>) => levels.findLast((level) => has.has(level))
  const inventory = {
    all: {
      vars: at('inventory all'),
      children: {
        outer: { vars: at('inventory outer'), children: { inner: null } },
        inner: { vars: at('inventory inner'), hosts: { h: at('inventory host') } },
        prio: { vars: { ...at('inventory prio'), ansible_group_priority: 5 }, hosts: { h: null } },
        beta: { vars: at('inventory beta'), hosts: { h: null } },
      },
    },
  }
  const assertion = { assert: { that: variables.map((has, n) => `v${n} == "${winner(has)}"`) }, vars: at('task vars') }
  const play = {
    hosts: 'h',
    gather_facts: false,
    connection: 'local',
    vars: at('play vars'),
    vars_files: ['files.yml'],
    roles: ['r'],
    tasks: [
      ...(Object.keys(at('set_fact')).length > 0 ? [{ set_fact: at('set_fact') }] : []),
      { include_tasks: { file: 'included.yml' }, vars: at('include vars') },
    ],
  }
  const files = {
    'hosts.yml': inventory,
    'play/site.yml': [play],
    'play/files.yml': at('vars_files'),
    'play/included.yml': [{ block: [assertion], vars: at('block vars') }],
    'play/roles/r/defaults/main.yml': at('role defaults'),
    'play/roles/r/vars/main.yml': at('role vars'),
    ...Object.fromEntries(levels.filter((level) => level.endsWith('.yml')).map((level) => [level, at(level)])),
  }
  return { files, extra: JSON.stringify(at('extra vars')) }
}

async function run(seed: number): Promise<{ code: number; findings: readonly Diagnostic[] }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'precedence-'))
  try {
    const { files, extra } = project(variablesOf(seed))
    for (const [name, value] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      writeFileSync(path.join(folder, name), `${JSON.stringify(value)}\n`)
    }
    const parsed = parseCommandLine(['-i', path.join(folder, 'hosts.yml'), '-e', extra], {
      name: 'test',
      summary: 'A test.',
      examples: [],
      flags: runFlags,
    })
    if (!('options' in parsed)) return { code: 2, findings: parsed.diagnostics }
    const findings: Diagnostic[] = []
    const forever = new AbortController().signal
    const code = await runPlaybookFile(path.join(folder, 'play/site.yml'), {
      ...parsed,
      emit: (event) => {
        if (event.kind === 'diagnostic') findings.push(event.diagnostic)
        if (event.kind === 'task.done') findings.push(...(event.diagnostics ?? []))
      },
      print: () => undefined,
      disclose: () => undefined,
      stopping: forever,
      signal: forever,
      env: process.env,
    })
    return { code, findings }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`of ${count} variables each has the value of the highest place where it is written, seed ${seed}`, async () => {
    const { code, findings } = await run(seed)
    assert.equal(
      findings.map(({ code: name, message, detail }) => `${name}: ${message} ${detail ?? ''}`),
      [],
    )
    assert.is(code, 0)
  })
}

test.run()

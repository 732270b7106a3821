import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { batch, unbatch } from '../../../lib/connect/batch.ts'
import type { Output } from '../../../lib/core/connection.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { flatten, raw, type Script, sh } from '../../../lib/core/script.ts'
import { Secret } from '../../../lib/core/secret.ts'

const test = suite('lib/connect/batch')
const mark = 'q7w8e9r0t1'

const shells = [['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh'], ['mksh'], ['sh']].filter(
  ([name]) => name === 'sh' || existsSync(`/bin/${name}`),
)

/** Runs the batch on stdin of a shell, as a connection does. */
function ask(shell: readonly string[], scripts: readonly Script[], PATH = process.env.PATH): Output {
  const [name = 'sh', ...args] = shell
  const { status, signal, stdout, stderr } = spawnSync(name, [...args, '-s'], {
    env: { PATH },
    input: flatten(batch(scripts, mark)),
    maxBuffer: 64 * 1024 * 1024,
  })
  return { code: status ?? 128, ...(signal !== null && { signal }), stdout, stderr }
}

const answers = (shell: readonly string[], scripts: readonly Script[], PATH?: string) =>
  unbatch(scripts, mark, ask(shell, scripts, PATH)).map(({ code, stdout, stderr }) => [
    code,
    stdout.toString('latin1'),
    stderr.toString('latin1'),
  ])

/** So many scripts that their output is gathered. */
const many = (scripts: readonly Script[]) => [...scripts, ...Array.from({ length: 20 }, () => sh`:`)]

for (const shell of shells) {
  const name = shell.join(' ')

  test(`${name}: keeps the scripts of a long batch apart as those of a short one`, () => {
    const scripts = [
      sh`printf b; echo oops >&2; exit 3`,
      raw('cd /; x=1; exec 2>&1; exec echo gone; { echo "$x" >&3; } 2>/dev/null'),
      raw('if then'),
      raw('cat; read -r line; echo "$?"'),
      raw("printf '\\000\\377<\\n>'"),
      raw('head -c 300000 /dev/zero'),
      raw('echo last; echo last >&2'),
    ]
    const found = answers(shell, many(scripts))
    assert.equal(found[0], [3, 'b', 'oops\n'])
    assert.is(found[1]?.[1], 'gone\n')
    assert.is.not(found[2]?.[0], 0)
    assert.is(found[3]?.[1], '1\n')
    assert.is(found[4]?.[1], '\x00\xff<\n>')
    assert.is(String(found[5]?.[1]).length, 300_000)
    assert.equal(found[6], [0, 'last\n', 'last\n'])
    assert.equal(
      found.slice(7),
      many([]).map(() => [0, '', '']),
    )
  })

  test(`${name}: keeps code, output and errors of each script apart`, () => {
    assert.equal(
      answers(shell, [sh`echo a`, sh`printf b; echo oops >&2; exit 3`, sh`:`, sh`false`, sh`printf ${"it's"}`]),
      [
        [0, 'a\n', ''],
        [3, 'b', 'oops\n'],
        [0, '', ''],
        [1, '', ''],
        [0, "it's", ''],
      ],
    )
  })

  test(`${name}: no script can harm the next one`, () => {
    const scripts = [
      raw('set -e; false; echo no'),
      raw('cd /; x=1; exec 2>&1; exec echo gone'),
      raw('if then'),
      raw("echo 'unclosed"),
      raw('cat; read -r line; echo "$?"'),
      raw('exit 7 # no newline'),
      raw("cat <<'E'\nhere $x\nE"),
      raw('echo "$'.concat('{x-unset}"; printf "no newline"')),
    ]
    const found = answers(shell, scripts)
    assert.equal(
      found.map(([code]) => (code === 0 ? 0 : 1)),
      [1, 0, 1, 1, 0, 1, 0, 0],
    )
    assert.is(found[1]?.[1], 'gone\n')
    assert.is(found[4]?.[1], '1\n')
    assert.is(found[5]?.[0], 7)
    assert.is(found[6]?.[1], 'here $x\n')
    assert.is(found[7]?.[1], 'unset\nno newline')
  })

  test(`${name}: carries binary output, what looks like a mark, and 10 MB`, () => {
    const scripts = [
      raw("printf '\\000\\377<\\n>'"),
      raw("printf '<abc 0></abc 0 0><%s' q7w8e9r0t"),
      raw('head -c 10000000 /dev/zero'),
      raw('echo last'),
    ]
    const found = answers(shell, scripts)
    assert.is(found[0]?.[1], '\x00\xff<\n>')
    assert.is(found[1]?.[1], '<abc 0></abc 0 0><q7w8e9r0t')
    assert.is(String(found[2]?.[1]).length, 10_000_000)
    assert.equal(found[3], [0, 'last\n', ''])
  })

  test(`${name}: names the script under which the shell died`, () => {
    const scripts = [sh`echo fine`, sh`kill -9 $$; sleep 0.1`, sh`echo never`]
    const output = ask(shell, scripts)
    try {
      unbatch(scripts, mark, output)
      assert.unreachable()
    } catch (error) {
      assert.instance(error, ToolError)
      assert.is((error as ToolError).code, 'batch-died')
      assert.match((error as ToolError).diagnostics[0]?.detail ?? '', 'while it ran: kill -9 $$')
    }
  })

  test(`${name}: keeps secrets as pieces, quoted or as shell text`, () => {
    const secret = new Secret("p'w\\d $x", 'password')
    const scripts = [sh`printf %s ${secret}; printf %s ${'+'}${secret}`, raw(new Secret("printf 'hidden'", 'script'))]
    assert.not.match(batch(scripts, mark).toString(), 'hidden')
    assert.not.match(batch(scripts, mark).toString(), "p'w")
    assert.ok(batch(scripts, mark).secret)
    assert.equal(answers(shell, scripts), [
      [0, "p'w\\d $x+p'w\\d $x", ''],
      [0, 'hidden', ''],
    ])
  })
}

test('what a long batch says leaves in one piece', async () => {
  const scripts = many([sh`echo a`, sh`sleep 0.02; echo b; sleep 0.02; echo b`, sh`echo c >&2; sleep 0.02; echo c >&2`])
  const shell = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const pieces = { stdout: 0, stderr: 0 }
  shell.stdout.on('data', () => pieces.stdout++)
  shell.stderr.on('data', () => pieces.stderr++)
  shell.stdin.end(flatten(batch(scripts, mark)))
  await new Promise((resolve) => shell.once('close', resolve))
  assert.equal(pieces, { stdout: 1, stderr: 1 })
})

test('a long batch is answered where dd is missing or other than POSIX says', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'batch-'))
  try {
    const refuses = path.join(folder, 'dd')
    writeFileSync(refuses, '#!/bin/sh\necho "dd: what is ibs?" >&2\nexit 1\n', { mode: 0o755 })
    const scripts = many([raw('echo fine; echo too >&2')])
    assert.equal(answers(['sh'], scripts, `${folder}:${process.env.PATH}`)[0], [0, 'fine\n', 'too\n'])
    rmSync(refuses)
    symlinkSync('/bin/cat', path.join(folder, 'cat'))
    assert.equal(answers(['/bin/sh'], scripts, folder)[0], [0, 'fine\n', 'too\n'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('an empty batch asks nothing', () => {
  assert.equal(answers(['sh'], []), [])
})

test('a script that never started because the output stopped is named', () => {
  const output: Output = { code: 137, stdout: Buffer.from(''), stderr: Buffer.from('') }
  try {
    unbatch([sh`id -u`], mark, output)
    assert.unreachable()
  } catch (error) {
    assert.match((error as ToolError).diagnostics[0]?.detail ?? '', 'before it could run: id -u')
  }
})

test.run()

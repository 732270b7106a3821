import { writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import command from '../../../tasks/system/command.ts'
import raw from '../../../tasks/system/raw.ts'
import shell from '../../../tasks/system/shell.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/system/command')

test.before.each(async (my) => {
  my.world = await localShell({ env: { GREETING: "it's me" } })
})
test.after.each((my) => my.world.remove())

test('returns what Ansible returns', async ({ world }) => {
  const run = await perform(command, { cmd: 'printf "%s\\n" "two words" $HOME x$GREETING$NONE ~/f "*"' }, world)
  assert.ok(run.changed)
  assert.equal(run.values, {
    stdout: `two words\n${world.folder}\nxit's me$NONE\n${world.folder}/f\n*`,
    stdout_lines: ['two words', world.folder, "xit's me$NONE", `${world.folder}/f`, '*'],
    stderr: '',
    stderr_lines: [],
    rc: 0,
    msg: '',
    start: '1970-01-01 00:00:00.000000',
    end: '1970-01-01 00:00:00.000000',
    delta: '0:00:00.000000',
    cmd: ['printf', '%s\\n', 'two words', '$HOME', 'x$GREETING$NONE', '~/f', '*'],
  })
})

test('no shell stands between the words', async ({ world }) => {
  const run = await perform(command, { argv: ['echo', 'a;b', '|', '`id`', "it's"] }, world)
  assert.is(run.values.stdout, "a;b | `id` it's")
})

test('a failure keeps its values', async ({ world }) => {
  const error = await perform(shell, { cmd: 'echo out; echo err >&2; exit 3' }, world).catch((thrown) => thrown)
  assert.is(error.code, 'command-failed')
  assert.is(error.values.rc, 3)
  assert.is(error.values.changed, true)
  assert.is(error.values.stdout, 'out')
  assert.is(error.values.stderr, 'err')
  assert.match(error.diagnostics[0].detail, 'err')
})

test('a program that is not there', async ({ world }) => {
  const error = await perform(command, { cmd: 'no-such-program-here' }, world).catch((thrown) => thrown)
  assert.is(error.values.rc, 2)
  assert.is(error.values.changed, false)
  assert.match(error.diagnostics[0].mend, 'not installed')
})

test('creates and removes', async ({ world }) => {
  await writeFile(`${world.folder}/there-1`, '')
  const skipped = await perform(command, { cmd: 'false', chdir: world.folder, creates: 'there-*' }, world)
  assert.not(skipped.changed)
  assert.is(skipped.values.rc, 0)
  assert.is(skipped.values.stdout, 'skipped, since there-* exists')
  assert.is(skipped.values.msg, "Did not run command since 'there-*' exists")
  assert.is((await check(command, { cmd: 'true', creates: `${world.folder}/none*` }, world)).length, 1)
  assert.is((await check(command, { cmd: 'true', removes: `${world.folder}/none` }, world)).length, 0)
  assert.is((await check(command, { cmd: 'true', removes: `${world.folder}/there-1` }, world)).length, 1)
  assert.is((await check(command, { cmd: 'true', creates: 'x', chdir: `${world.folder}/none` }, world)).length, 1)
})

test('standard input, secret or not, is no argument', async ({ world }) => {
  const run = await perform(
    shell,
    { cmd: 'cat; ps -o args= -p $$ >/dev/null', stdin: new Secret("it's\nsecret", 'x') },
    world,
  )
  assert.is(run.values.stdout, "it's\nsecret")
  const without = await perform(command, { cmd: 'wc -c', stdin: 'abc', stdin_add_newline: false }, world)
  assert.is(String(without.values.stdout).trim(), '3')
  assert.not(JSON.stringify(world.io.calls).includes('secret"'))
})

test('without standard input there is nothing to read', async ({ world }) => {
  assert.is((await perform(shell, { cmd: 'cat' }, world)).values.stdout, '')
})

test('a shell script of several lines, with a comment at its end', async ({ world }) => {
  const run = await perform(shell, { cmd: 'cat <<X\n$GREETING\nX\necho "$(pwd)" # the folder', chdir: '/' }, world)
  assert.is(run.values.stdout, "it's me\n/")
})

test('another shell', async ({ world }) => {
  const run = await perform(shell, { cmd: 'echo "$GREETING" | cat', executable: '/bin/sh', stdin: 'unread' }, world)
  assert.is(run.values.stdout, "it's me")
  assert.is((await perform(raw, { cmd: 'echo $GREETING' }, world)).values.stdout, "it's me\n")
})

test('a missing chdir fails', async ({ world }) => {
  const error = await perform(shell, { cmd: 'echo ran', chdir: `${world.folder}/none` }, world).catch(
    (thrown) => thrown,
  )
  assert.is(error.values.rc, 2)
  assert.is(error.values.stdout, '')
})

const findings = (written: { readonly [key: string]: unknown }) =>
  (command.validate?.(argsOf(command, written), context) ?? []).map((one) => one.diagnostic.code)

test('finds what is wrong before anything runs', () => {
  assert.equal(findings({}), ['wrong-argument'])
  assert.equal(findings({ cmd: 'x', argv: ['x'] }), ['wrong-argument'])
  assert.equal(findings({ cmd: 'echo "open' }), ['wrong-argument'])
  assert.equal(findings({ cmd: new Secret('login pw', 'x') }), ['secret-in-command'])
  assert.equal(findings({ argv: ['login', new Secret('pw', 'x')] }), ['secret-in-command'])
  assert.equal(findings({ cmd: 'echo \'a b\' "c\\"d" e\\ f' }), [])
})

test.run()

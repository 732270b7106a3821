import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NotYetError } from '../../../lib/core/diagnostic.ts'
import git from '../../../tasks/system/git.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell; dest: string }>('tasks/system/git')
const hasGit = spawnSync('git', ['--version']).status === 0

const identity = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
}

let far = ''
const inFar = (...words: string[]) => {
  const done = spawnSync('git', words, { cwd: far, env: { ...process.env, ...identity }, encoding: 'utf8' })
  assert.is(done.status, 0, done.stderr)
  return done.stdout.trim()
}
async function commit(text: string): Promise<string> {
  await writeFile(path.join(far, 'file'), text)
  inFar('add', '.')
  inFar('commit', '-q', '-m', text)
  return inFar('rev-parse', 'HEAD')
}

test.before(async () => {
  if (!hasGit) return
  far = await mkdtemp(path.join(tmpdir(), 'ametys-git-test-'))
  inFar('init', '-q', '-b', 'main')
  await commit('one')
  inFar('tag', '-a', 'v1', '-m', 'v1')
  await commit('two')
  inFar('branch', 'stable', 'v1')
})
test.after(async () => {
  if (hasGit) await rm(far, { recursive: true })
})
test.before.each(async (my) => {
  my.world = await localShell({ env: identity })
  my.dest = `${my.world.folder}/a/b`
})
test.after.each((my) => my.world.remove())

if (hasGit) {
  test('checks out the usual branch, follows it, and returns commits', async ({ world, dest }) => {
    const first = inFar('rev-parse', 'main')
    const run = await ritual(git, { repo: far, dest }, world)
    assert.equal(shown(run.changes), [{ action: 'create', target: dest, after: { version: 'HEAD', commit: first } }])
    assert.is(run.values.before, null)
    assert.is(run.values.after, first)
    const second = await commit('three')
    const next = await ritual(git, { repo: far, dest }, world)
    assert.equal(shown(next.changes), [
      { action: 'update', target: dest, before: { commit: first }, after: { commit: second } },
    ])
    assert.is(next.values.before, first)
    assert.is(next.values.after, second)
    assert.is(next.values.remote_url_changed, false)
    assert.is(await readFile(`${dest}/file`, 'utf8'), 'three')
  })

  test('goes from tag to branch to commit and back', async ({ world, dest }) => {
    for (const version of [
      'v1',
      'main',
      inFar('rev-parse', 'v1^{commit}'),
      'stable',
      inFar('rev-parse', '--short=10', 'main'),
    ]) {
      const run = await perform(git, { repo: far, dest, version }, world)
      assert.is(run.values.after, inFar('rev-parse', `${version}^{commit}`), version)
      assert.equal(await check(git, { repo: far, dest, version }, world), [], version)
    }
  })

  test('local changes are kept, unless force throws them away', async ({ world, dest }) => {
    await perform(git, { repo: far, dest }, world)
    await writeFile(`${dest}/file`, 'mine')
    await writeFile(`${dest}/new`, 'also mine')
    const error = await check(git, { repo: far, dest }, world).catch((thrown) => thrown)
    assert.is(error.code, 'local-modifications')
    assert.is(error.values.msg, `Local modifications exist in the destination: ${dest} (force=no).`)
    await ritual(git, { repo: far, dest, force: true }, world)
    assert.not.equal(await readFile(`${dest}/file`, 'utf8'), 'mine')
    assert.is(await readFile(`${dest}/new`, 'utf8'), 'also mine', 'what git does not know stays')
  })

  test('update: false leaves a repository alone', async ({ world, dest }) => {
    await perform(git, { repo: far, dest, version: 'v1' }, world)
    const run = await perform(git, { repo: far, dest, update: false }, world)
    assert.not(run.changed)
    assert.is(run.values.after, inFar('rev-parse', 'v1^{commit}'))
  })

  test('clone: false only tells', async ({ world, dest }) => {
    const run = await perform(git, { repo: far, clone: false, version: 'v1' }, world)
    assert.not(run.changed)
    assert.is(run.values.after, inFar('rev-parse', 'v1^{commit}'))
    await perform(git, { repo: far, dest, clone: false }, world)
    assert.equal(await readdir(world.folder), [])
  })

  test('a shallow one has one commit', async ({ world, dest }) => {
    await perform(git, { repo: far, dest, depth: 1, version: 'main' }, world)
    const count = () =>
      spawnSync('git', ['-C', dest, 'rev-list', '--count', 'HEAD'], { encoding: 'utf8' }).stdout.trim()
    assert.is(count(), '1')
    await commit('four')
    await perform(git, { repo: far, dest, depth: 1, version: 'main' }, world)
    assert.is(count(), '1')
  })

  test('a bare one has no files', async ({ world, dest }) => {
    await ritual(git, { repo: far, dest, bare: true }, world)
    assert.ok((await readdir(dest)).includes('objects'))
  })

  test('another address is a change', async ({ world, dest }) => {
    await perform(git, { repo: far, dest }, world)
    const moved = `${world.folder}/moved`
    spawnSync('git', ['clone', '-q', '--bare', far, moved])
    const run = await ritual(git, { repo: moved, dest }, world)
    assert.equal(shown(run.changes), [
      { action: 'update', target: dest, before: { repo: `file://${far}` }, after: { repo: moved } },
    ])
    assert.is(run.values.remote_url_changed, true)
  })

  test('the repository beside its files', async ({ world, dest }) => {
    await perform(git, { repo: far, dest, separate_git_dir: `${world.folder}/apart` }, world)
    assert.ok((await readdir(`${world.folder}/apart`)).includes('objects'))
  })

  test('what is no repository is not touched', async ({ world, dest }) => {
    await mkdir(dest, { recursive: true })
    await writeFile(`${dest}/x`, '')
    const error = await check(git, { repo: far, dest }, world).catch((thrown) => thrown)
    assert.is(error.code, 'not-a-repository')
  })

  test('a version or a repository that is not there', async ({ world, dest }) => {
    const version = await check(git, { repo: far, dest, version: 'v9' }, world).catch((thrown) => thrown)
    assert.is(version.code, 'no-such-version')
    const repo = await check(git, { repo: '/nowhere/at/all', dest }, world).catch((thrown) => thrown)
    assert.ok(repo instanceof NotYetError)
    assert.is(repo.code, 'repository-unreachable')
    assert.match(repo.diagnostics[0]?.detail ?? '', 'nowhere')
  })
}

test('without git it says so', async () => {
  const world = await localShell({ env: { PATH: '/nowhere' }, shell: ['/bin/sh'] })
  try {
    const error = await check(git, { repo: '/x', dest: '/y' }, world).catch((thrown) => thrown)
    assert.is(error.code, 'program-missing')
  } finally {
    await world.remove()
  }
})

for (const [title, written, argument] of [
  ['an option for an address', { repo: '--upload-pack=x', dest: '/x' }, 'repo'],
  ['an option for a version', { repo: 'x', dest: '/x', version: '-x' }, 'version'],
  ['a password in the address', { repo: 'https://me:pw@git.example.org/x', dest: '/x' }, 'repo'],
  ['no folder', { repo: 'x' }, 'dest'],
  ['a bare one with files', { repo: 'x', dest: '/x', bare: true, separate_git_dir: '/y' }, 'separate_git_dir'],
  ['a wrong umask', { repo: 'x', dest: '/x', umask: 'u=rwx' }, 'umask'],
] as const) {
  test(`refuses ${title}`, () => {
    assert.equal(
      (git.validate?.(argsOf(git, written), context) ?? []).map((one) => one.path[0]),
      [argument],
    )
  })
}

test('reaches the far side by SSH without asking anybody', () => {
  const args = argsOf(git, { repo: 'git@x:y', dest: '/x', key_file: '~/key', accept_hostkey: true, ssh_opts: '-v' })
  const how = { ...context, environment: (name: string) => (name === 'https_proxy' ? 'http://proxy:3128' : undefined) }
  const [query] = git.probe(args, how).ask
  assert.ok(query?.on === 'shell')
  const text = query.script.toString()
  assert.match(text, 'BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new -v')
  assert.match(text, 'https_proxy=http://proxy:3128')
})

test.run()

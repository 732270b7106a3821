import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import image from '../../../tasks/docker/docker_image.ts'
import { type DockerWorld, dockerWorld } from '../../fakes/docker-world.ts'
import { fakeIo } from '../../fakes/io.ts'
import { argsOf, check, context, perform, ritual, shown, sourceOf } from '../../fakes/task.ts'

const test = suite<{ world: DockerWorld }>('tasks/docker/docker_image')
const digest = `sha256:${'ab'.repeat(32)}`
let latest = 1

test.before.each(async (my) => {
  my.world = await dockerWorld({
    registry: (reference) => {
      if (reference.startsWith('app:')) return { labels: { made: String(latest) } }
      if (reference === `app@${digest}`) return { digest }
      if (reference.startsWith('slow:')) return 'broken'
      return 'no-repository'
    },
  })
})
test.after.each((my) => my.world.remove())

const failure = (world: DockerWorld, written: { readonly [key: string]: unknown }) =>
  perform(image, written, world).catch((error) => error)

test('pulls what is missing', async ({ world }) => {
  const run = await ritual(image, { name: 'app', tag: '1' }, world)
  assert.equal(shown(run.changes), [{ action: 'create', target: 'image app:1', after: 'pulled' }])
  assert.match((run.values.image as { Id: string }).Id, /^sha256:/)
})

test('pulls by digest', async ({ world }) => {
  await ritual(image, { name: `app@${digest}` }, world)
  assert.equal(await check(image, { name: `app:1@${digest}` }, world), [])
})

test('says why an image cannot be pulled', async ({ world }) => {
  assert.is((await failure(world, { name: 'nothing/here:1' })).code, 'image-not-pulled')
  assert.is((await failure(world, { name: 'slow:1' })).code, 'image-not-pulled')
})

test('pulls again by force, and tells whether it is another one', async ({ world }) => {
  await perform(image, { name: 'app:1' }, world)
  assert.not((await perform(image, { name: 'app:1', force_source: true }, world)).changed)
  latest++
  assert.ok((await perform(image, { name: 'app:1', force_source: true }, world)).changed)
})

test('a local image must be there', async ({ world }) => {
  const error = await check(image, { name: 'app:1', source: 'local' }, world).catch((thrown) => thrown)
  assert.is(error.code, 'image-missing')
  assert.is(error.name, 'NotYetError')
})

test('removes', async ({ world }) => {
  await perform(image, { name: 'app:1' }, world)
  await ritual(image, { name: 'app:1', state: 'absent' }, world)
  assert.equal(await check(image, { name: 'never:1', state: 'absent' }, world), [])
})

const load = { name: 'app:1', source: 'load', load_path: sourceOf('/play/files/app.tar', 'the archive') }

test('sends an archive of this machine, and looks whether the image was in it', async () => {
  let there = false
  const io = fakeIo({
    docker: (request) => {
      if (request.startsWith('POST /images/load')) return { text: '{"stream":"Loaded image: other:1\\n"}' }
      return there ? { json: { Id: 'sha256:1' } } : undefined
    },
  })
  const world = { io, ask: async () => [{ ok: false, code: 404, text: '', errors: '' }] }
  const error = await perform(image, load, world).catch((thrown) => thrown)
  assert.is(error.code, 'image-not-in-archive')
  assert.match(error.diagnostics[0].detail, 'other:1')
  assert.equal(io.calls[0], { docker: 'POST /images/load?quiet=1', body: 'the archive' })
  there = true
  assert.ok((await perform(image, load, world)).changed)
})

test('an archive and source: load need each other', () => {
  const findings = (written: { readonly [key: string]: unknown }) =>
    image.validate?.(argsOf(image, written), context).length
  assert.is(findings({ name: 'a', source: 'load' }), 1)
  assert.is(findings({ name: 'a', load_path: sourceOf('/a.tar', '') }), 1)
  assert.is(findings({ name: 'a b' }), 1)
  assert.is(findings(load), 0)
})

test.run()

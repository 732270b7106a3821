import { readFile, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { metaOf } from '../../../lib/core/schema.ts'
import { Secret } from '../../../lib/core/secret.ts'
import template from '../../../tasks/files/template.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, ritual, shown, sourceOf } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/files/template')

test.before.each(async (my) => {
  my.world = await localShell()
})
test.after.each((my) => my.world.remove())

test('writes what was rendered', async ({ world }) => {
  const dest = `${world.folder}/site.conf`
  const run = await ritual(
    template,
    { src: sourceOf('/play/templates/site.conf.j2', 'port 3000\n'), dest, mode: '0644' },
    world,
  )
  assert.is(await readFile(dest, 'utf8'), 'port 3000\n')
  assert.is(run.values.state, 'file')
})

test('a template with a secret in it is never shown', async ({ world }) => {
  const dest = `${world.folder}/server.env`
  await writeFile(dest, 'PASSWORD=old\n')
  const run = await ritual(
    template,
    { src: sourceOf('/t.j2', new Secret('PASSWORD=new\n', 'server.env')), dest, mode: '0600' },
    world,
  )
  assert.equal(shown(run.changes)[0], { action: 'update', target: dest, before: '(secret)', after: '(secret) differs' })
})

test('other line ends', async ({ world }) => {
  const dest = `${world.folder}/f`
  await ritual(template, { src: sourceOf('/t.j2', 'a\nb\n'), dest, newline_sequence: '\\r\\n' }, world)
  assert.is(await readFile(dest, 'utf8'), 'a\r\nb\r\n')
})

test('reads a file of the host only when it differs', () => {
  const src = sourceOf('/t.j2', 'a\n')
  const { ask } = template.probe(argsOf(template, { src, dest: '/f' }), context)
  assert.is(ask.length, 1)
  assert.match(ask[0]?.on === 'shell' ? ask[0].script.toString() : '', src.sha256())
})

test('writes other encodings than UTF-8', async ({ world }) => {
  const dest = `${world.folder}/f`
  await ritual(template, { src: sourceOf('/x/f.j2', 'ä\n'), dest, output_encoding: 'latin-1' }, world)
  assert.equal(await readFile(dest), Buffer.from([0xe4, 0x0a]))
  const error = await check(template, { src: sourceOf('/x/f.j2', '€'), dest, output_encoding: 'latin-1' }, world).catch(
    (thrown) => thrown,
  )
  assert.match(error.message, 'letters that latin-1 does not have')
})

test('says how its template is to be read', () => {
  const { reading } = metaOf(template.args.fields.src as never)
  assert.equal(reading?.({}), { trimBlocks: true, lstripBlocks: false })
  assert.equal(reading?.({ trim_blocks: false, lstrip_blocks: true, variable_start_string: '[[' }), {
    trimBlocks: false,
    lstripBlocks: true,
    delimiters: { variable: ['[[', '}}'], block: ['{%', '%}'], comment: ['{#', '#}'] },
  })
})

test.run()

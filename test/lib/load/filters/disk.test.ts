import { readFileSync, rmSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { controllerDisk } from '../../../../lib/controller-disk.ts'
import { createLookups } from '../../../../lib/load/lookups.ts'
import { createScope } from '../../../../lib/load/scope.ts'
import { createTemplar, type Templar, TemplateError } from '../../../../lib/load/template.ts'
import { diskEnvironment, diskFolder, diskTemplates } from './disk-cases.ts'

const test = suite<{ folder: string; before: string; templar: Templar }>('lib/load/filters/disk')

test.before((my) => {
  my.before = process.cwd()
  my.folder = diskFolder()
  process.chdir(my.folder)
  my.templar = createTemplar({ lookups: createLookups({}), disk: controllerDisk(diskEnvironment) })
})
test.after(({ before, folder }) => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

const cases = JSON.parse(readFileSync(new URL('./disk.cases.json', import.meta.url), 'utf8')) as readonly (readonly [
  string,
  string | null,
])[]

test('there is a recorded result for every template', () =>
  assert.equal(
    cases.map(([template]) => template),
    diskTemplates,
  ))

for (const [template, expected] of cases) {
  test(`${template} is what Ansible says`, ({ templar, folder }) => {
    let text: string | null = null
    try {
      text = String(templar.render(`|${template.replaceAll('{here}', folder)}`, createScope(templar, []))).slice(1)
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
    }
    assert.is(text?.replaceAll(folder, '{here}') ?? null, expected)
  })
}

test('without a disk that is given in, templates know nothing of files', () => {
  const templar = createTemplar()
  for (const one of ["'/' is directory", "'/' | realpath", "'$HOME' | expandvars"])
    assert.throws(() => templar.render(`{{ ${one} }}`, createScope(templar, [])), /not known here/)
})

test.run()

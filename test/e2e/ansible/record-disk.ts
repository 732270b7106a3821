import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../lib/root.ts'
import { diskEnvironment, diskFolder, diskTemplates } from '../../lib/load/filters/disk-cases.ts'

/** Lets Ansible ask for files in a folder of its own, and keeps what it says for test/lib/load/filters/disk.test.ts. */
const folder = diskFolder()
try {
  const texts = JSON.parse(
    execFileSync('/usr/bin/python3', [join(root, 'test/e2e/ansible/expressions.py')], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        ...diskEnvironment,
        ANSIBLE_LOCAL_TEMP: join(folder, '.ansible'),
        PYTHONDONTWRITEBYTECODE: '1',
      },
      input: JSON.stringify({ variables: {}, templates: diskTemplates.map((one) => one.replaceAll('{here}', folder)) }),
      encoding: 'utf8',
    }),
  ) as readonly (string | null)[]
  const lines = diskTemplates.map((template, index) => {
    const text = texts[index] ?? null
    return ` ${JSON.stringify([template, text?.replaceAll(folder, '{here}') ?? null])}`
  })
  writeFileSync(join(root, 'test/lib/load/filters/disk.cases.json'), `[\n${lines.join(',\n')}\n]\n`)
} finally {
  rmSync(folder, { recursive: true })
}

import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A folder with a file, links that lead somewhere and nowhere, and a folder. */
export function diskFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'disk-cases-')))
  mkdirSync(path.join(folder, 'sub/deep'), { recursive: true })
  writeFileSync(path.join(folder, 'file.txt'), 'a\n')
  writeFileSync(path.join(folder, 'sub/other.txt'), 'b\n')
  for (const [name, target] of [
    ['link.txt', 'file.txt'],
    ['linked', 'sub'],
    ['broken', 'nowhere'],
    ['again', 'again'],
  ] as const)
    symlinkSync(target, path.join(folder, name))
  return folder
}

/** What both sides have in their environment. */
export const diskEnvironment = { HOME: '/home/ann', GREETING: 'good day', _x1: '$HOME' }

const paths = [
  ...['file.txt', 'sub', 'link.txt', 'linked', 'broken', 'again', 'none', '', 'sub/', 'linked/other.txt'],
  ...['/', '.', '..', 'file.txt/x', '{here}/sub', '{here}/linked/deep', 'sub/../file.txt'],
]
const tests = [
  ...['file', 'is_file', 'directory', 'is_dir', 'exists', 'link', 'is_link', 'link_exists'],
  ...['abs', 'is_abs', 'mount', 'is_mount'],
]
const users = "[{'name': 'a', 'keys': [1, 2], 'in': {'x': [3], 'y': 4}}, {'name': 'b', 'keys': [], 'in': {'x': [5]}}]"

/** Templates; `{here}` stands for the folder, which is the current one too. */
export const diskTemplates: readonly string[] = [
  ...paths.map((one) => `{{ [${tests.map((test) => `'${one}' is ${test}`).join(', ')}] }}`),
  ...['link.txt', '{here}/file.txt', 'sub/../file.txt', 'sub', 'none', 'broken'].map(
    (one) => `{{ '${one}' is same_file('file.txt') }} {{ 'file.txt' is is_same_file('${one}') }}`,
  ),
  ...paths.map((one) => `{{ '${one}' | realpath }}`),
  ...['none/x/../y', 'broken/more', 'linked/../x'].map((one) => `{{ '${one}' | realpath }}`),
  ...[
    '$HOME/x',
    '${HOME}x',
    '$NOWHERE ${NOWHERE}',
    '$GREETING, $$HOME',
    '$_x1',
    '$',
    '${',
    '$-x',
    '${HOME',
    '$ {HOME}',
  ].map((one) => `{{ '${one}' | expandvars }}`),
  ...['sub', '{here}/sub/x', '/etc', '.', '../x'].flatMap((one) => [
    `{{ '${one}' | relpath }}`,
    `{{ '${one}' | relpath('sub') }}`,
    `{{ '${one}' | relpath('/etc/apt') }}`,
  ]),
  "{{ '*.txt' | fileglob | sort }} {{ '{here}/*' | fileglob | sort }} {{ 'none*' | fileglob }}",
  ...["'keys'", "'in.x'", "'name'", "'none'", "'none', {'skip_missing': True}", "'in.y', {'skip_missing': true}"].map(
    (key) => `{{ query('subelements', ${users}, ${key}) }}`,
  ),
  "{{ query('subelements', {'a': {'l': [1]}, 'b': {'l': [2], 'skipped': true}}, 'l') }}",
  "{{ query('random_choice', 'only') }} {{ lookup('random_choice', ['one', 'list']) }} {{ query('random_choice') }}",
]

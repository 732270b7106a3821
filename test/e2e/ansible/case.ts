import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { root } from '../../../lib/root.ts'

/** A playbook with what it needs, run by Ansible and by us. */
export interface Case {
  /** `subject: title`, unique. */
  readonly id: string
  readonly subject: string
  readonly title: string
  /** Words of the command line beside playbook and inventory. */
  readonly words: readonly string[]
  readonly files: readonly CaseFile[]
}

interface CaseFile {
  readonly name: string
  readonly mode: number
  readonly content: string
}

const folder = join(root, 'test/e2e/ansible/cases')

/** Hosts of cases that bring no inventory of their own: all of them this machine, each with a folder of its own, `work`. */
const inventory = `all:
  vars:
    ansible_connection: local
    ansible_python_interpreter: /usr/bin/python3
    work: "{{ playbook_dir }}/work/{{ inventory_hostname }}"
  children:
    web:
      hosts:
        web1:
        web2:
    db:
      hosts:
        db1:
`

const hostFolders = ['web1', 'web2', 'db1']

/**
 * All cases of the folder. A file is a subject: lines before the first case are a comment; a case begins with `=== TITLE`,
 * then, if it has any, a line `$ WORDS` for the command line ({here} is the folder of the case); then the playbook; then, each below `--- NAME [MODE]`, other files.
 */
export function allCases(): readonly Case[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) => casesIn(basename(name, '.txt'), readFileSync(join(folder, name), 'utf8')))
}

function casesIn(subject: string, text: string): readonly Case[] {
  const [, ...parts] = text.split(/^=== /m)
  return parts.map((part) => {
    const [head = '', ...more] = part.split(/^--- (?=\S)/m)
    const [title = '', ...lines] = head.split('\n')
    const command = lines[0]?.startsWith('$ ') ? (lines.shift() ?? '').slice(2) : ''
    const files = [{ name: 'site.yml', mode: 0o644, content: `${lines.join('\n').trimEnd()}\n` }, ...more.map(fileOf)]
    return { id: `${subject}: ${title.trim()}`, subject, title: title.trim(), words: wordsOf(command), files }
  })
}

function fileOf(text: string): CaseFile {
  const [head = '', ...lines] = text.split('\n')
  const [name = '', mode = '644'] = head.trim().split(' ')
  return { name, mode: Number.parseInt(mode, 8), content: `${lines.join('\n').trimEnd()}\n` }
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

/** What a recorded result is a result of: everything that a run can depend on. */
export function hashOf({ words, files }: Case): string {
  return createHash('sha256')
    .update(JSON.stringify([words, files, inventory, hostFolders]))
    .digest('hex')
    .slice(0, 16)
}

/** Writes the files of a case into an empty folder; gives the words that run it, playbook first. */
export function writeCase({ words, files }: Case, into: string): readonly string[] {
  const own = files.some(({ name }) => name === 'hosts.yml')
  for (const { name, mode, content } of [
    ...(own ? [] : [{ name: 'hosts.yml', mode: 0o644, content: inventory }]),
    ...files,
  ]) {
    const file = join(into, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    chmodSync(file, mode)
  }
  for (const host of hostFolders) mkdirSync(join(into, 'work', host), { recursive: true })
  const inventories = words.includes('-i') ? [] : ['-i', join(into, 'hosts.yml')]
  return [join(into, 'site.yml'), ...inventories, ...words.map((word) => word.replace('{here}', into))]
}

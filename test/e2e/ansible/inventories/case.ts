import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { root } from '../../../../lib/root.ts'

/** An inventory, read by Ansible and by us. */
export interface Case {
  /** `subject: title`, unique. */
  readonly id: string
  readonly subject: string
  readonly title: string
  /** What names the inventory: words with `-i`. */
  readonly inventory: readonly string[]
  /** What is asked of it, by a name for people: words of a command line. */
  readonly questions: readonly Question[]
  readonly files: readonly CaseFile[]
}

export interface Question {
  readonly name: string
  readonly program: 'ansible-inventory' | 'ansible'
  readonly words: readonly string[]
}

interface CaseFile {
  readonly name: string
  readonly mode: number
  readonly content: string
}

const folder = join(root, 'test/e2e/ansible/inventories/cases')

/**
 * All cases of the folder. A file is a subject: lines before the first case are a comment; a case begins with `=== TITLE`,
 * then come `$ WORDS` that name the inventory (else `-i` and the first file), `> WORDS` for what is asked beside --list and
 * --graph, `? PATTERN` for patterns of hosts; then, each below `--- NAME [MODE]`, the files.
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
    const [head = '', ...more] = part.split(/^--- (?=[\w.])/m)
    const [title = '', ...lines] = head.trim().split('\n')
    const files = more.map(fileOf)
    const after = (mark: string) => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length))
    const [named] = after('$ ')
    return {
      id: `${subject}: ${title.trim()}`,
      subject,
      title: title.trim(),
      inventory: named === undefined ? ['-i', files[0]?.name ?? ''] : wordsOf(named),
      questions: [
        ...['--list', '--graph', ...after('> ')].map((line) => asked('ansible-inventory', line, wordsOf(line))),
        ...after('? ').map((line) => asked('ansible', line, ['--list-hosts', ...wordsOf(line)])),
      ],
      files,
    }
  })
}

const asked = (program: Question['program'], name: string, words: readonly string[]): Question => ({
  name,
  program,
  words,
})

function fileOf(text: string): CaseFile {
  const [head = '', ...lines] = text.split('\n')
  const [name = '', mode = '644'] = head.trim().split(' ')
  const content = lines.join('\n').trimEnd()
  return { name, mode: Number.parseInt(mode, 8), content: content === '' ? '' : `${content}\n` }
}

function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

/** What a recorded result is a result of: everything that it can depend on. */
export function hashOf({ inventory, questions, files }: Case): string {
  return createHash('sha256')
    .update(JSON.stringify([inventory, questions, files]))
    .digest('hex')
    .slice(0, 16)
}

/** Writes the files of a case into an empty folder, from which it is then read. */
export function writeCase({ files }: Case, into: string): void {
  for (const { name, mode, content } of files) {
    const file = join(into, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    chmodSync(file, mode)
  }
}

import { quote } from '../../../core/script.ts'
import { expandHome } from './command.ts'
import { type Cursor, within } from './cursor.ts'
import { isDevice, isProcess, physical } from './paths.ts'
import { blanks, readExpanding, readWord, type Word } from './word.ts'

const OPERATOR = /^(\d*)(<<<|<<-|<<|<&|<>|<|>>|>&|>\||>|&>>|&>)/

/** A redirection with its file; a here-document is remembered for the next line. */
export function readRedirection(cursor: Cursor): string {
  const [all = '', , operator = ''] = OPERATOR.exec(cursor.text.slice(cursor.at, cursor.at + 24)) ?? []
  cursor.at += all.length
  if (cursor.bash && cursor.text[cursor.at] === '(' && (operator === '<' || operator === '>')) {
    cursor.at += 1
    return `${all}(${cursor.list(cursor, ')')}`
  }
  const gap = blanks(cursor, false)
  const word = readWord(cursor)
  if (operator === '<<' || operator === '<<-') {
    const quoted = /['"\\]/.test(word.source)
    const delimiter = word.source.replace(/\\(.)|['"]/g, '$1')
    cursor.heredocs.push({ delimiter, stripTabs: operator === '<<-', quoted })
    return all + gap + word.source
  }
  if (operator === '<<<' || operator === '<&' || (operator === '>&' && !cursor.bash)) return all + gap + word.raw
  if (operator === '>&' && /^(\d+|-|\$\w+)$/.test(word.source)) return all + gap + word.raw
  return all + gap + redirected(word, cursor, operator !== '<')
}

/** The file of a redirection. */
function redirected(word: Word, cursor: Cursor, writes: boolean): string {
  const { literal } = word
  if (literal !== undefined && (isDevice(literal) || (!writes && isProcess(literal)))) return word.raw
  if (writes && cursor.writing !== 'normal') return `"$(__sandbox_target ${word.raw})"`
  if (literal?.startsWith('/') && !word.source.startsWith('~')) return quote(physical(cursor.root, literal))
  const raw = expandHome(word.raw)
  if (word.source.startsWith('~') || literal === undefined || literal.split('/').includes('..')) {
    return `"$(__sandbox_path ${raw})"`
  }
  return word.raw
}

/** The here-documents that a line has announced: data, but for the scripts in those whose mark is not quoted. */
export function readHeredocs(cursor: Cursor): string {
  let out = ''
  for (const { delimiter, stripTabs, quoted } of cursor.heredocs.splice(0)) {
    let body = ''
    let closing = ''
    while (cursor.at < cursor.text.length) {
      const end = cursor.text.indexOf('\n', cursor.at)
      const line = cursor.text.slice(cursor.at, end === -1 ? cursor.text.length : end + 1)
      cursor.at += line.length
      const bare = line.replace(/\n$/, '')
      if ((stripTabs ? bare.replace(/^\t+/, '') : bare) === delimiter) {
        closing = line
        break
      }
      body += line
    }
    out += (quoted ? body : readExpanding(within(cursor, body), undefined).raw) + closing
  }
  return out
}

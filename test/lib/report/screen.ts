import type { Sink } from '../../../lib/report/sink.ts'

/** A terminal for tests: understands just what the live region uses, and knows what is to be seen. */
export interface Screen extends Sink {
  columns: number
  rows: number
  /** All lines since the start, those that have scrolled away included. */
  text(): string
  /** Everything written, as it was written. */
  readonly written: string[]
}

export function createScreen(
  size: { readonly columns?: number; readonly rows?: number; readonly isTTY?: boolean } = {},
): Screen {
  const lines: string[] = ['']
  let row = 0
  const written: string[] = []

  function put(character: string): void {
    if (character === '\n') {
      row++
      if (row === lines.length) lines.push('')
    } else if (character === '\r') return
    else {
      const line = lines[row] ?? ''
      if (line.length >= screen.columns && screen.isTTY) {
        row++
        if (row === lines.length) lines.push('')
      }
      lines[row] = (lines[row] ?? '') + character
    }
  }

  function obey(count: string | undefined, letter: string): void {
    if (letter === 'A') {
      row -= Number(count ?? 1)
      if (row < Math.max(0, lines.length - screen.rows)) throw new Error('the cursor left the screen')
    } else if (letter === 'J') {
      lines.length = row + 1
      lines[row] = ''
    } else if (letter !== 'm') throw new Error(`unknown sequence ${letter}`)
  }

  const screen: Screen = {
    isTTY: size.isTTY ?? true,
    columns: size.columns ?? 100,
    rows: size.rows ?? 24,
    written,
    write(text) {
      written.push(text)
      const [plain = '', ...sequences] = text.split('\u001b')
      for (const character of plain) put(character)
      for (const sequence of sequences) {
        const [all = '', count, letter = ''] = /^\[([\d;]*)([A-Za-z])/.exec(sequence) ?? []
        obey(count, letter)
        for (const character of sequence.slice(all.length)) put(character)
      }
    },
    flush: () => Promise.resolve(),
    text: () => lines.join('\n'),
  }
  return screen
}

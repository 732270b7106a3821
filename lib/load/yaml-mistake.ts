/** What was done wrong in one line, and the lines as they were probably meant. */
export interface Mistake {
  readonly code: string
  readonly message: string
  /** 1-based line the finding is about; the line of the error when left out. */
  readonly line?: number
  readonly col?: number
  readonly width?: number
  /** The whole line as it should be written. */
  readonly mended?: string | undefined
  readonly mend?: string | undefined
}

/** An error of the parser: its code, its sentence and the offsets it is about. */
export interface SyntaxFault {
  readonly code: string
  readonly message: string
  readonly pos: readonly [number, number]
}

/** The parser's own sentence, without the place and excerpt it may carry. */
export function sentence(error: SyntaxFault): string {
  const first = error.message.split('\n')[0] ?? ''
  return first.replace(/ at line \d+, column \d+:?$/, '').replace(/^./, (letter) => letter.toLowerCase())
}

import type { WriteStream } from 'node:tty'

/** A place for text: a terminal, a pipe, a file, or a list in a test. */
export interface Sink {
  write(text: string): void
  /** Resolves when all that was written has left this process. */
  flush(): Promise<void>
  readonly isTTY: boolean
  /** Size of the terminal right now; 80 by 24 when it is none. */
  readonly columns: number
  readonly rows: number
}

/** This process's standard output. A reader that goes away (`| head`) silences it and stops nothing. */
export function standardOutput(): Sink {
  return sinkOf(process.stdout)
}

/** This process's standard error output. */
export function standardError(): Sink {
  return sinkOf(process.stderr)
}

function sinkOf(stream: WriteStream): Sink {
  let open = true
  stream.on('error', () => {
    open = false
  })
  return {
    write(text) {
      if (open && text !== '') stream.write(text)
    },
    flush: () => new Promise((resolve) => (open ? stream.write('', () => resolve()) : resolve())),
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80
    },
    get rows() {
      return stream.rows || 24
    },
  }
}

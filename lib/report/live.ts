import type { Sink } from './sink.ts'
import { clip, widthOf } from './width.ts'

/** The lines at the bottom of a terminal that are drawn again and again, and the finished lines that scroll above them. */
export interface Live {
  /** Writes lines that stay, above `region`, which is drawn anew below them. */
  print(lines: readonly string[], region: readonly string[]): void
  /** Draws the region anew where it differs from what is there. */
  draw(region: readonly string[]): void
  /** Takes the region away; the cursor stands where it was. */
  clear(): void
}

/**
 * Drawing with nothing but "cursor up" and "erase to the end", each time in one write. The cursor is never hidden and
 * always stands below the region, so a run that dies at any moment leaves a usable terminal.
 */
export function createLive(sink: Sink): Live {
  let drawn: readonly string[] = []

  /** Goes to the first line of the region, counting the rows a line takes since the window was made narrower. */
  function erase(): string {
    const rows = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / sink.columns)), 0)
    return rows === 0 ? '' : `\x1b[${rows}A\r\x1b[J`
  }

  /** As many lines as fit without scrolling, one column short of the edge so that none wraps. */
  function fitted(region: readonly string[]): readonly string[] {
    const rows = Math.max(1, sink.rows - 2)
    const more = region.length - rows
    const shown = more > 0 ? [...region.slice(0, rows - 1), `… and ${more + 1} more`] : region
    return shown.map((line) => clip(line, sink.columns - 1))
  }

  function write(lines: readonly string[], region: readonly string[]): void {
    const before = erase()
    drawn = fitted(region)
    sink.write(before + [...lines, ...drawn].map((line) => `${line}\n`).join(''))
  }

  return {
    print: write,
    draw(region) {
      const next = fitted(region)
      if (next.length !== drawn.length || next.some((line, index) => line !== drawn[index])) write([], region)
    },
    clear() {
      if (drawn.length > 0) write([], [])
    },
  }
}

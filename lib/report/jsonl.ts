import type { Report } from './report.ts'
import type { Sink } from './sink.ts'

/** `--output json`: each event as one line of JSON, and nothing else, on `out`. */
export function createJsonLines(out: Sink): Report {
  return {
    take: (event) => out.write(`${JSON.stringify(event)}\n`),
    close: () => out.flush(),
  }
}

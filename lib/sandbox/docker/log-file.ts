import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { containerFolder, type Engine } from './engine.ts'
import type { OutputStream } from './frames.ts'

/** A line of output as the engine's json-file driver stores it; `log` ends with its line end. */
export interface LogLine {
  readonly log: string
  readonly stream: OutputStream
  readonly time: string
}

const fileOf = (engine: Engine, id: string): string => join(containerFolder(engine, id), `${id}-json.log`)

/** Stores a line and hands it to those who follow the log. Nothing happens for a container that is gone. */
export const appendLog = (engine: Engine, id: string, stream: OutputStream, text: string): void => {
  if (!engine.records.containers.some(({ Id }) => Id === id)) return
  const line: LogLine = { log: `${text}\n`, stream, time: new Date().toISOString() }
  mkdirSync(containerFolder(engine, id), { recursive: true })
  appendFileSync(fileOf(engine, id), `${JSON.stringify(line)}\n`, { mode: 0o600 })
  engine.bus.emit(`log:${id}`, line)
}

/** All lines a container has written since it was created. */
export const readLog = (engine: Engine, id: string): readonly LogLine[] => {
  let text: string
  try {
    text = readFileSync(fileOf(engine, id), 'utf8')
  } catch {
    // No line has been written yet.
    return []
  }
  // Only this module writes the file; a last line cut off by a crash is left out.
  return text.split('\n').flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as LogLine] : []))
}

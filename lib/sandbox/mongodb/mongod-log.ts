import type { ProgramContext } from '../docker/program.ts'

/** Writes a line as mongod writes it: JSON with severity, component and message. */
export const log = (
  context: ProgramContext,
  component: string,
  id: number,
  msg: string,
  attr?: object,
  severity = 'I',
): void =>
  context.log(
    JSON.stringify({
      t: { $date: new Date().toISOString() },
      s: severity,
      c: component,
      id,
      ctx: 'initandlisten',
      msg,
      ...(attr === undefined ? {} : { attr }),
    }),
  )

import type { Diagnostic } from '../task.ts'
import { certificateRows } from './certificate-rows.ts'
import { hstsRow, redirectRow, versionRow } from './page-rows.ts'
import { isSilence, type Row, row, tableOf } from './rows.ts'
import { type Expected, isTrouble, type Outside } from './seen.ts'
import { socketRow, uploadRow } from './traffic-rows.ts'
import { nameRow, ownPortRow, portRow } from './way-rows.ts'

export interface Proof {
  readonly table: string
  readonly findings: readonly Diagnostic[]
  /** How far the look came: `silent` when nothing at all was heard, `closed` when the port is refused. */
  readonly reached: 'silent' | 'closed' | 'open'
}

/** What was seen of a chat from outside, judged: the table, and what is wrong. */
export function proofOf(expected: Expected, seen: Outside): Proof {
  const name = nameRow(expected, seen)
  const port = portRow(expected, seen)
  const silent = isTrouble(seen.addresses) || (isTrouble(seen.port) && isSilence(seen.port))
  const reached = silent ? 'silent' : isTrouble(seen.port) ? 'closed' : 'open'
  const rows = isTrouble(seen.addresses)
    ? [name]
    : isTrouble(seen.port)
      ? [name, port]
      : [name, port, ...behind(expected, seen)]
  return { table: tableOf(rows), findings: rows.flatMap(({ findings }) => findings), reached }
}

/** What can be seen once the port is open. */
function behind(expected: Expected, seen: Outside): readonly Row[] {
  const secured = expected.url.protocol === 'https:'
  // Without a handshake no request could be made: that is said once.
  const blocked = secured && isTrouble(seen.tls)
  return [
    ...(secured ? certificateRows(expected, seen) : [row('Encryption', 'none: the address is http')]),
    secured ? redirectRow(expected, seen) : undefined,
    ...(blocked
      ? []
      : [
          secured ? hstsRow(expected, seen) : undefined,
          versionRow(expected, seen),
          socketRow(expected, seen),
          uploadRow(seen),
        ]),
    ownPortRow(expected, seen),
  ].filter((one) => one !== undefined)
}

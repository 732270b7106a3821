import { join, type Script, sh } from '../task.ts'
import type { Entry, Look } from './look.ts'
import { modeText, resolveMode } from './mode.ts'

export interface Attributes {
  readonly mode?: string | undefined
  readonly owner?: string | undefined
  readonly group?: string | undefined
}

/** The attributes in which a path differs from what is wanted, as it is and as it shall be; undefined when in none. */
export function attributeDifference(
  look: Pick<Look, 'umask'> & { readonly entry: Entry },
  wanted: Attributes,
): { readonly before: Plains; readonly after: Plains } | undefined {
  const { entry } = look
  const before: { [key: string]: string } = {}
  const after: { [key: string]: string } = {}
  if (wanted.owner !== undefined && !isAccount(wanted.owner, entry.uid, entry.user)) {
    before.owner = entry.user
    after.owner = wanted.owner
  }
  if (wanted.group !== undefined && !isAccount(wanted.group, entry.gid, entry.group)) {
    before.group = entry.group
    after.group = wanted.group
  }
  if (wanted.mode !== undefined && entry.kind !== 'link') {
    const mode = resolveMode(wanted.mode, entry.mode, entry.kind === 'directory', look.umask)
    if (mode !== entry.mode) {
      before.mode = modeText(entry.mode)
      after.mode = modeText(mode)
    }
  }
  return Object.keys(after).length === 0 ? undefined : { before, after }
}

type Plains = { readonly [key: string]: string }

/** Is the account (or group) meant by a name or a number the one with this id and name? */
export function isAccount(wanted: string, id: number, name: string): boolean {
  return /^\d+$/.test(wanted) ? Number(wanted) === id : wanted === name
}

/** Sets owner, group and octal mode of a path, in the order that keeps set-id bits; `link` sets those of a link itself. */
export function attributesScript(path: string | Script, wanted: Attributes, link = false): Script {
  const lines: Script[] = []
  const { owner, group, mode } = wanted
  if (owner !== undefined || group !== undefined) {
    const account = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
    lines.push(link ? sh`chown -h ${account} ${path}` : sh`chown ${account} ${path}`)
  }
  if (mode !== undefined && !link) lines.push(sh`chmod ${chmodWord(mode)} ${path}`)
  return join(lines, ' && ')
}

/** Five octal digits, since GNU chmod leaves the set-id bits of a folder alone when it is given fewer; symbolic modes as they are. */
export function chmodWord(mode: string): string {
  return /^[0-7]+$/.test(mode) ? mode.padStart(5, '0') : mode
}

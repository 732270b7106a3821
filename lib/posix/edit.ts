import {
  type Answer,
  type Change,
  type Context,
  derive,
  type Io,
  NotYetError,
  type Probe,
  problem,
  type Result,
  same,
  sha256,
  TaskError,
  type Text,
} from '../task.ts'
import { type Look, lookScript, readLook } from './look.ts'
import { applyPlace, type PlaceData, type Placing, placeChanges, placeResult, wantedText } from './place.ts'

/** Bytes of a file that is still edited; larger ones are no configuration. */
const editLimit = 5_000_000

export interface EditData {
  readonly place: PlaceData
  readonly msg: string
}

/** Reads the whole of a file that shall be edited, through links; its checksum only when somebody reads the result. */
export function editProbe(path: string, { unread = false }: Context): Probe<Look> {
  return {
    ask: [
      {
        on: 'shell',
        script: lookScript(path, { resolve: true, sums: { sha1: !unread }, content: { limit: editLimit } }),
      },
    ],
    read: ([answer]: readonly Answer[]) => readLook(answer),
  }
}

/** The text of the file; undefined when there is none. Throws TaskError for what is no text. */
export function editable(look: Look): string | undefined {
  const { entry, path, content } = look
  if (entry === undefined) return undefined
  if (entry.kind !== 'file')
    throw new TaskError(problem('is-a-folder', `${path} is a ${entry.kind}, not a file that can be edited`))
  if (entry.size > editLimit)
    throw new TaskError(
      problem('file-too-large', `${path} has ${entry.size} bytes; more than ${editLimit} are not edited`),
    )
  // What was read must be what is there, byte by byte: else writing it back would spoil the rest.
  if (content === undefined || sha256(content) !== look.sha256) {
    throw new TaskError(
      problem('not-utf8', `${path} is no text in UTF-8, or cannot be read by this account`, {
        mend: 'replace it as a whole with copy or template, or add become: true',
      }),
    )
  }
  return content
}

/** Stands for a file that must be there to be edited. */
export function missing(path: string): NotYetError {
  return new NotYetError(
    problem('file-missing', `there is no file ${path} to edit`, {
      mend: 'make it in a task before, or let this one make it with create: true',
    }),
  )
}

/**
 * What must change for the file to be as `edit` makes it of its text and an argument. `msg` says what was done, as Ansible does.
 * An edit that would change its own work again (a replacement that matches what it puts in) has no state to settle in: it is run.
 */
export function editChanges(
  look: Look,
  text: string,
  argument: Text,
  edit: (text: string, argument: string) => string,
  msg: string,
  how: Placing & { readonly create?: boolean },
): readonly Change<EditData>[] {
  const after = derive([argument], (plain) => edit(text, plain))
  const settles = same(
    after,
    derive([argument], (plain) => edit(edit(text, plain), plain)),
  )
  const placing: Placing = { ...how, follow: true, force: true, makeFolder: how.create ? '' : undefined }
  return placeChanges(look, wantedText(after), placing).map((change): Change<EditData> => {
    const writes = change.data.kind === 'write'
    const data = { place: change.data, msg: writes ? msg : 'ownership or permissions changed' }
    return { ...change, data, ...(writes && !settles && { action: 'run' }) }
  })
}

export async function applyEdit(change: Change<EditData>, io: Io): Promise<Result> {
  const { values } = (await applyPlace({ ...change, data: change.data.place }, io)) ?? {}
  return { values: { ...values, msg: change.data.msg } }
}

export function editResult(look: Look): Result {
  return { values: { msg: '', ...placeResult(look).values } }
}

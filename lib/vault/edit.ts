import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import { shownPath } from '../load/files.ts'
import { type Leaf, leavesOf, type Rewrite, rewrite } from '../load/yaml-edit.ts'
import { isArmored, seal } from '../secrets/age.ts'
import type { Recipients } from '../secrets/recipients.ts'
import {
  encryption,
  openLeaves,
  readSecretFile,
  recipientsFor,
  type SecretFile,
  save,
  textIfAny,
} from './secret-file.ts'
import type { Tools } from './tools.ts'
import { namesOf } from './values.ts'

/**
 * `edit FILE`: opens the text in an editor with its values readable behind `!age`, and encrypts what was changed or added
 * behind such a tag; a value that stays keeps its text. Values of ansible-vault stay as they are.
 * @throws LoadError what reading throws, `edit-dropped`, `editor-failed`.
 */
export async function edit(name: string, tools: Tools): Promise<void> {
  const full = path.resolve(tools.keys.cwd, name)
  const shown = shownPath(full, tools.root)
  const file = textIfAny(full) === undefined ? { file: full, shown, text: '', leaves: [] } : readSecretFile(name, tools)
  const recipients = await recipientsFor(path.dirname(full), tools)
  tools.vault.near(path.dirname(full))
  const closed = file.leaves.filter((leaf) => encryption(leaf) === 'age')
  const opened = await openLeaves(closed, tools)
  const readable = rewrite(
    file.text,
    [...opened].map(([leaf, secret]) => ({ leaf, tag: '!age', value: secret.reveal() })),
  )
  const folder = privateFolder(tools.keys.env)
  try {
    const copy = path.join(folder, path.basename(full))
    writeFileSync(copy, readable, { mode: 0o600 })
    const text = await edited(copy, readable, { file, opened, recipients }, tools)
    if (text === undefined) return tools.print(`${shown} is as it was\n`)
    await save({ file: full, text })
    const open = leavesOf(text, shown).filter((leaf) => encryption(leaf) === undefined)
    const exposed = open.filter((leaf) =>
      [...opened.values()].some((secret) => secret.matches((one) => one !== '' && one === leaf.value)),
    )
    tools.print(`${shown} is written\n`)
    if (exposed.length > 0) tools.print(`readable for everybody in it, as the tag !age is gone: ${namesOf(exposed)}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Before {
  readonly file: SecretFile
  readonly opened: ReadonlyMap<Leaf, Secret>
  readonly recipients: Recipients
}

/** The text to write, undefined when nothing was changed; a text with mistakes is opened again. */
async function edited(copy: string, readable: string, before: Before, tools: Tools): Promise<string | undefined> {
  for (;;) {
    await tools.openEditor(copy)
    const text = readFileSync(copy, 'utf8')
    if (text === readable) return undefined
    try {
      return await sealChanged(text, before)
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      const wrong = error.diagnostics.map(({ code, at }) =>
        problem(code, 'the edited text has a mistake here, which is not shown as it may hold secrets', { at }),
      )
      for (const diagnostic of wrong) tools.emit({ kind: 'diagnostic', diagnostic })
      const answer = await tools.confirm('Enter to edit it again, "drop" to leave the file as it was')
      if (answer === undefined || answer.trim() !== '') {
        throw new LoadError(
          problem('edit-dropped', `${before.file.shown} is left as it was`, { mend: 'edit it again' }),
        )
      }
    }
  }
}

async function sealChanged(text: string, { file, opened, recipients }: Before): Promise<string> {
  const keys = recipients.keys.map(({ key }) => key)
  const changes: Rewrite[] = []
  for (const leaf of leavesOf(text, file.shown)) {
    if (leaf.tag !== '!age' || isArmored(leaf.value)) continue
    const same = [...opened].filter(([, secret]) => secret.matches((one) => one === leaf.value)).map(([one]) => one)
    const before = same.find((one) => one.path.join('\0') === leaf.path.join('\0')) ?? same[0]
    changes.push(
      before
        ? { leaf, tag: '!age', value: before.value, like: { text: file.text, leaf: before } }
        : { leaf, tag: '!age', value: await seal(new Secret(leaf.value, leaf.name), keys) },
    )
  }
  return rewrite(text, changes)
}

/** A folder for its owner alone, in memory where there is such a place, so that nothing of it reaches a disk. */
function privateFolder(env: { readonly [name: string]: string | undefined }): string {
  const places = ['/dev/shm', env.XDG_RUNTIME_DIR, tmpdir()].filter((one) => one !== undefined && isWritable(one))
  return mkdtempSync(path.join(places[0] ?? tmpdir(), 'vault-edit-'))
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

import { didYouMean } from '../core/closest.ts'
import { LoadError, problem } from '../core/diagnostic.ts'
import { check } from './check.ts'
import { convert } from './convert.ts'
import { edit } from './edit.ts'
import { init } from './init.ts'
import { addRecipient, listRecipients, rekey, removeRecipient } from './rekey.ts'
import type { Tools } from './tools.ts'
import { decrypt, encrypt, get, set, view } from './values.ts'

interface Action {
  /** The words behind its name. */
  readonly words: string
  readonly least: number
  readonly most: number
  run(words: readonly string[], tools: Tools): Promise<number | undefined>
}

const done = (work: Promise<void>): Promise<undefined> => work.then(() => undefined)

const actions: { readonly [name: string]: Action } = {
  init: { words: '', least: 0, most: 0, run: (_words, tools) => done(init(tools)) },
  edit: { words: 'FILE', least: 1, most: 1, run: ([file = ''], tools) => done(edit(file, tools)) },
  view: { words: 'FILE', least: 1, most: 1, run: ([file = ''], tools) => done(view(file, tools)) },
  set: { words: 'FILE NAME', least: 2, most: 2, run: ([file = '', name = ''], tools) => done(set(file, name, tools)) },
  get: { words: 'FILE NAME', least: 2, most: 2, run: ([file = '', name = ''], tools) => done(get(file, name, tools)) },
  encrypt: {
    words: 'FILE [NAME ...]',
    least: 1,
    most: 100,
    run: ([file = '', ...names], tools) => done(encrypt(file, names, tools)),
  },
  decrypt: {
    words: 'FILE [NAME ...]',
    least: 1,
    most: 100,
    run: ([file = '', ...names], tools) => done(decrypt(file, names, tools)),
  },
  rekey: { words: '', least: 0, most: 0, run: (_words, tools) => done(rekey(tools)) },
  'recipients list': { words: '', least: 0, most: 0, run: (_words, tools) => done(listRecipients(tools)) },
  'recipients add': {
    words: 'KEY [WHOSE]',
    least: 1,
    most: 10,
    run: ([key = '', ...whose], tools) => done(addRecipient(key, whose.join(' '), tools)),
  },
  'recipients remove': {
    words: 'KEY',
    least: 1,
    most: 10,
    run: (words, tools) => done(removeRecipient(words.join(' '), tools)),
  },
  check: { words: '', least: 0, most: 0, run: (_words, tools) => check(tools) },
  convert: { words: '[FILE ...]', least: 0, most: 1000, run: (words, tools) => done(convert(words, tools)) },
}

/** Runs the command that the words name; gives the exit code. Throws LoadError `unknown-command`, `missing-argument`, `unexpected-argument`. */
export async function runVault(words: readonly string[], tools: Tools): Promise<number> {
  const name = words[0] === 'recipients' ? `recipients ${words[1] ?? 'list'}` : (words[0] ?? '')
  const rest = words.slice(words[0] === 'recipients' ? 2 : 1)
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (!action) {
    throw new LoadError(
      problem('unknown-command', `vault.ts has no command "${name}"`, {
        mend: didYouMean(name, Object.keys(actions), 'commands') ?? `it has: ${Object.keys(actions).join(', ')}`,
      }),
    )
  }
  if (rest.length < action.least) {
    throw new LoadError(
      problem('missing-argument', `${name} needs more words`, { mend: `vault.ts ${name} ${action.words}` }),
    )
  }
  if (rest.length > action.most) {
    if (name === 'set') {
      throw new LoadError(
        problem('value-on-command-line', 'set takes no value here, where others on this machine could see it', {
          mend: 'it is asked for, or read from standard input; change it if it was a real one',
        }),
      )
    }
    throw new LoadError(
      problem('unexpected-argument', `"${rest[action.most]}" is one word too many`, {
        mend: `vault.ts ${name} ${action.words}`.trim(),
      }),
    )
  }
  return (await action.run(rest, tools)) ?? 0
}

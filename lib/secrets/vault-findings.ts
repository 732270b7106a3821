import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Position } from '../core/plain.ts'
import { stanzasOf } from './age.ts'
import type { Unreadable } from './ansible-vault.ts'

/** An encrypted text: what it is called, and where it stands. */
interface Closed {
  readonly label: string
  readonly at: Position | undefined
  readonly text: string
}

/** Other places that the same finding holds for, at most this many. */
const mostPlaces = 20

export function noIdentity(first: Closed, others: readonly Closed[], looked: readonly string[]): Diagnostic {
  const what =
    others.length === 0
      ? `${first.label} is encrypted`
      : `${first.label} and ${others.length} more values are encrypted`
  return problem(
    'no-identity',
    `${what}, and there is no identity to open ${others.length === 0 ? 'it' : 'them'} with`,
    {
      at: first.at,
      detail: [...places(others), 'looked for an identity in:', ...looked.map((one) => `  ${one}`)].join('\n'),
      mend: 'name yours with --identity FILE; npx zx scripts/vault.ts init makes one, for a colleague to add to the recipients',
    },
  )
}

/** `mine` are the public halves of the identities there are. */
export function noMatch(first: Closed, others: readonly Closed[], mine: readonly string[]): Diagnostic {
  const count = stanzasOf(first.text)?.length ?? 0
  const message = `${first.label} is not encrypted to ${mine.length === 1 ? 'your identity' : `any of your ${mine.length} identities`}`
  return problem('identity-no-match', message, {
    at: first.at,
    detail: [
      ...places(others),
      `it is encrypted to ${count} recipient${count === 1 ? '' : 's'}; the text does not say whose keys these are`,
      ...mine.map((one) => `yours: ${one}`),
    ].join('\n'),
    mend: `somebody who can open it lets you in: npx zx scripts/vault.ts recipients add ${mine[0] ?? 'age1…'}`,
  })
}

const spoilt = 'put it back from the repository, or set it again: npx zx scripts/vault.ts set FILE NAME'

export function faulty(fault: 'truncated' | 'not-age' | 'tampered' | 'not-text', at: Position | undefined): Diagnostic {
  switch (fault) {
    case 'truncated':
      return problem('secret-truncated', 'the end of this encrypted text is missing', { at, mend: spoilt })
    case 'not-age':
      return problem('secret-not-age', 'what stands under !age is no encrypted text', {
        at,
        mend: 'npx zx scripts/vault.ts encrypt FILE NAME makes one of it',
      })
    case 'tampered':
      return damaged(at)
    case 'not-text':
      return problem('secret-not-text', 'what is encrypted here is no text, but bytes', { at, mend: spoilt })
    default:
      return fault satisfies never
  }
}

export function damaged(at: Position | undefined): Diagnostic {
  return problem('secret-tampered', 'this encrypted text was changed or damaged after it was made', {
    at,
    mend: spoilt,
  })
}

export function tooLate(at: Position): Diagnostic {
  return problem(
    'encrypted-too-late',
    'this file is only found in the middle of the run, and holds an encrypted value',
    {
      at,
      mend: 'put the encrypted value into group_vars, host_vars or vars_files, and use its name here',
    },
  )
}

export function notVault(unreadable: Unreadable, at: Position | undefined): Diagnostic {
  switch (unreadable.fault) {
    case 'not-vault':
      return problem('vault-unreadable', 'what stands under !vault does not begin with $ANSIBLE_VAULT', {
        at,
        mend: 'if it is encrypted with age, its tag is !age',
      })
    case 'damaged':
      return problem('vault-unreadable', 'this text of ansible-vault is not whole', {
        at,
        mend: 'put it back from the repository; each line is hexadecimal digits only',
      })
    case 'version':
      return problem('vault-version', `format ${unreadable.found || '(none)'} of ansible-vault cannot be read`, {
        at,
        mend: '1.1 and 1.2 can: ansible-vault rekey writes the newest one',
      })
    case 'cipher':
      return problem('vault-cipher', `the cipher ${unreadable.found || '(none)'} of ansible-vault cannot be read`, {
        at,
        mend: 'AES256 can: ansible-vault rekey writes it',
      })
    default:
      return unreadable satisfies never
  }
}

export function noPassword(first: Closed, others: readonly Closed[]): Diagnostic {
  const message = `${first.label} is encrypted by ansible-vault, and no password was given`
  return problem('vault-password-needed', message, {
    at: first.at,
    detail: places(others).join('\n'),
    mend: 'give --vault-password-file FILE, --ask-vault-pass, or ANSIBLE_VAULT_PASSWORD_FILE in the environment',
  })
}

export function wrongPassword(first: Closed, others: readonly Closed[], count: number): Diagnostic {
  const which = count === 1 ? 'the vault password does not open' : `none of the ${count} vault passwords opens`
  return problem(
    'vault-password-wrong',
    `${which} ${first.label}, or its text was changed: the two cannot be told apart`,
    {
      at: first.at,
      detail: places(others).join('\n'),
      mend: 'check the password; --vault-id ID@FILE adds one for a vault id',
    },
  )
}

function places(others: readonly Closed[]): readonly string[] {
  const lines = others
    .slice(0, mostPlaces)
    .map(({ label, at }) => `  ${at ? `${at.file}:${at.line}:${at.col} ` : ''}${label}`)
  const rest = others.length - lines.length
  return lines.length === 0 ? [] : ['the same holds for:', ...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])]
}

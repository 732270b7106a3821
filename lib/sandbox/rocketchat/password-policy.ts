import { refuse } from './answers.ts'
import type { Doc } from './documents.ts'
import { isOn, numberOf, type ServerState } from './server-state.ts'

interface Rule {
  readonly name: string
  readonly value?: number
  broken(password: string): boolean
}

/** The rules in force, in the order in which `pw.getPolicy` lists them; none while the policy is off. */
function rules(state: ServerState): readonly Rule[] {
  const id = (end: string) => `Accounts_Password_Policy_${end}`
  if (!isOn(state, id('Enabled'))) return []
  const least = numberOf(state, id('MinLength'), -1)
  const most = numberOf(state, id('MaxLength'), -1)
  const repeats = numberOf(state, id('ForbidRepeatingCharactersCount'), -1)
  const list: (Rule | false)[] = [
    least >= 1 && { name: 'get-password-policy-minLength', value: least, broken: (text) => text.length < least },
    most >= 1 && { name: 'get-password-policy-maxLength', value: most, broken: (text) => text.length > most },
    isOn(state, id('ForbidRepeatingCharacters')) && {
      name: 'get-password-policy-forbidRepeatingCharactersCount',
      value: repeats,
      broken: (text) => new RegExp(`(.)\\1{${repeats},}`).test(text),
    },
    isOn(state, id('AtLeastOneLowercase')) && needs('mustContainAtLeastOneLowercase', /[a-z]/),
    isOn(state, id('AtLeastOneUppercase')) && needs('mustContainAtLeastOneUppercase', /[A-Z]/),
    isOn(state, id('AtLeastOneNumber')) && needs('mustContainAtLeastOneNumber', /[0-9]/),
    isOn(state, id('AtLeastOneSpecialCharacter')) && needs('mustContainAtLeastOneSpecialCharacter', /[^A-Za-z0-9\s]/),
  ]
  return list.filter((rule) => rule !== false)
}

function needs(name: string, pattern: RegExp): Rule {
  return { name: `get-password-policy-${name}`, broken: (text) => !pattern.test(text) }
}

/** The answer of `pw.getPolicy`. */
export function policyView(state: ServerState): Doc {
  const policy = rules(state).map(({ name, value }) =>
    value === undefined ? [name] : [name, { [name.slice(20)]: value }],
  )
  return { enabled: isOn(state, 'Accounts_Password_Policy_Enabled'), policy }
}

/** Throws when a password breaks the policy. */
export function checkPassword(state: ServerState, password: string): void {
  if (password.trim() === '')
    throw refuse('error-password-policy-not-met', "The password provided does not meet the server's password policy.")
  if (rules(state).some((rule) => rule.broken(password)))
    throw refuse('error-password-policy-not-met', "The password provided does not meet the server's password policy.")
}

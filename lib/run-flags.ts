import { type Diagnostic, problem } from './core/diagnostic.ts'
import { choice, count, list, longName, number, type Options, text, toggle, words } from './flags.ts'

const where = 'Where to run'
const what = 'What to run'
const how = 'How to run'
const link = 'Connecting'
const secrets = 'Opening secrets'
const show = 'What to show'

/** Flags that every entry has. */
export const commonFlags = {
  verbose: count(3, {
    short: 'v',
    group: show,
    help: 'Results, loop items and where the time went; -vv also why tasks are skipped; -vvv everything.',
  }),
  output: choice(['text', 'json'], {
    group: show,
    help: 'Text for people, or each event as a line of JSON. Usual: text.',
  }),
  noColor: toggle({ group: show, help: 'No colours, as with NO_COLOR=1 in the environment.' }),
  help: toggle({ short: 'h', group: show, help: 'This text.' }),
  version: toggle({ group: show, help: 'The version of this program.' }),
}

/** Flags that choose hosts and variables. */
export const inventoryFlags = {
  inventory: list('NAME', {
    short: 'i',
    group: where,
    help: 'A folder of inventory/, such as prod, or the path of an inventory file. Several add up.',
  }),
  limit: text('PATTERN', {
    short: 'l',
    group: where,
    help: 'Only these hosts: names, groups, wildcards; comma for or, :& for and, :! for but not.',
  }),
  extraVars: list('VARS', {
    short: 'e',
    group: where,
    help: 'Variables that win over all others: name=value, JSON, or @FILE. Never put a secret here: others on this machine can see it.',
  }),
}

/** Flags that say how a host is reached and as whom. */
export const connectionFlags = {
  user: text('NAME', { short: 'u', group: link, help: 'Log in as this user where the inventory names none.' }),
  privateKey: text('FILE', { group: link, help: 'Log in with this key.' }),
  askPass: toggle({ short: 'k', group: link, help: 'Ask for the password to log in with.' }),
  become: toggle({ short: 'b', group: link, help: 'Become another user on the hosts, with sudo.' }),
  becomeUser: text('NAME', { group: link, help: 'The user to become. Usual: root.' }),
  askBecomePass: toggle({ short: 'K', group: link, help: 'Ask for the password that sudo wants.' }),
}

/** Flags that say what opens encrypted values. */
export const secretFlags = {
  identity: list('FILE', {
    group: secrets,
    help: 'The key that opens values encrypted with age. Usual: AGE_IDENTITY, AGE_IDENTITY_FILE, AGE_IDENTITY_COMMAND, or ~/.config/ametys-rocketchat/identity.txt.',
  }),
  vaultPasswordFile: list('FILE', {
    group: secrets,
    help: 'The password of values encrypted by ansible-vault, or a program that prints it. Usual: ANSIBLE_VAULT_PASSWORD_FILE.',
  }),
  vaultId: list('ID@FILE', { group: secrets, help: 'The same for one vault id; ID@prompt asks.' }),
  askVaultPass: toggle({ short: 'J', group: secrets, help: 'Ask for the password of ansible-vault.' }),
}

/** Flags of entries that run a playbook. */
export const runFlags = {
  ...inventoryFlags,
  tags: words('TAGS', {
    short: 't',
    group: what,
    help: 'Only tasks with one of these tags; separate several with commas.',
  }),
  skipTags: words('TAGS', { group: what, help: 'Not the tasks with one of these tags.' }),
  startAtTask: text('NAME', { group: what, help: 'Begin at the task of this name.' }),
  resume: toggle({
    group: what,
    help: 'Go on where the last run was cut off, stopped or failed: commands that it had finished are not run again.',
  }),
  listHosts: toggle({ group: what, help: 'Print the hosts of each play and stop.' }),
  listTasks: toggle({ group: what, help: 'Print the tasks that would run and stop.' }),
  listTags: toggle({ group: what, help: 'Print the tags there are and stop.' }),
  syntaxCheck: toggle({ group: what, help: 'Read and check everything, touch no host and stop.' }),
  check: toggle({ short: 'C', group: how, help: 'Check mode: say what would change and change nothing.' }),
  diff: toggle({ short: 'D', group: how, help: 'Show what changes, line by line.' }),
  forks: number(
    'NUMBER',
    { least: 1, usual: 50 },
    { short: 'f', group: how, help: 'Hosts worked on at the same time. Usual: 50.' },
  ),
  forceHandlers: toggle({ group: how, help: 'Run notified handlers even on hosts where a task failed.' }),
  takeOver: toggle({
    group: how,
    help: 'Take hosts over from another run that holds their lock; it stops before its next write.',
  }),
  reset: toggle({ group: how, help: 'Start the sandbox from nothing; refused for real hosts.' }),
  ...connectionFlags,
  ...secretFlags,
  ...commonFlags,
}

export type RunFlags = Options<typeof runFlags>

/** What does not go together on a command line that runs a playbook. */
export function runConflicts(options: RunFlags): readonly Diagnostic[] {
  const lists = (['listHosts', 'listTasks', 'listTags'] as const).filter((key) => options[key])
  const both = options.tags.filter((tag) => options.skipTags.includes(tag))
  return [
    ...(options.output === 'json' && lists.length > 0
      ? [
          problem('conflicting-flags', 'the lists are text: --output json goes with runs only', {
            mend: 'leave out --output json',
          }),
        ]
      : []),
    ...(['check', 'syntaxCheck', ...lists] as const)
      .filter((key) => options.reset && options[key])
      .map((key) =>
        problem('conflicting-flags', `--reset throws the sandbox away, --${longName(key)} changes nothing`, {
          mend: 'leave out one of the two',
        }),
      ),
    ...(options.resume && options.reset
      ? [
          problem('conflicting-flags', '--reset throws away what --resume would go on with', {
            mend: 'leave out one of the two',
          }),
        ]
      : []),
    ...both.map((tag) =>
      problem('conflicting-flags', `the tag "${tag}" is both asked for and skipped`, {
        mend: 'leave it out of --tags or of --skip-tags',
      }),
    ),
  ]
}

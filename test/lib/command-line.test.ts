import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { argumentsAfter, type Command, parseCommandLine } from '../../lib/command-line.ts'
import { helpText } from '../../lib/help.ts'
import { exitCodes } from '../../lib/report/recap.ts'
import { rerunCommand } from '../../lib/rerun.ts'
import { type RunFlags, runConflicts, runFlags } from '../../lib/run-flags.ts'
import { golden } from '../golden.ts'

const test = suite('lib/command-line')

const install: Command<typeof runFlags> = {
  name: 'npx zx playbooks/install.ts',
  summary: 'Installs Rocket.Chat on the hosts of an inventory, with Docker, MongoDB and TLS, and configures it.',
  examples: [
    {
      words: '--inventory prod --check --diff',
      says: 'Show what would change; touch nothing.',
    },
    { words: '--inventory prod', says: 'Make it so.' },
    {
      words: '-i prod -l chat2.example.org -t tls',
      says: 'Only the tasks tagged tls, only on one host.',
    },
  ],
  flags: runFlags,
  conflicts: runConflicts,
}
const run: Command<typeof runFlags> = {
  ...install,
  name: 'npx zx playbooks/run.ts',
  operands: { name: 'PLAYBOOK', least: 1, most: 1, help: 'The YAML file with the plays.' },
}

const usual: RunFlags = {
  inventory: [],
  limit: undefined,
  extraVars: [],
  tags: [],
  skipTags: [],
  startAtTask: undefined,
  resume: false,
  listHosts: false,
  listTasks: false,
  listTags: false,
  syntaxCheck: false,
  check: false,
  diff: false,
  forks: 50,
  forceHandlers: false,
  takeOver: false,
  reset: false,
  user: undefined,
  privateKey: undefined,
  askPass: false,
  become: false,
  becomeUser: undefined,
  askBecomePass: false,
  identity: [],
  vaultPasswordFile: [],
  vaultId: [],
  askVaultPass: false,
  verbose: 0,
  output: 'text',
  noColor: false,
  help: false,
  version: false,
}

const gives = (line: string, expected: Partial<RunFlags>, operands: readonly string[] = []) =>
  test(`understands: ${line}`, () => {
    const parsed = parseCommandLine(
      line.split(' ').filter((word) => word !== ''),
      operands.length > 0 ? run : install,
    )
    assert.equal(parsed, { options: { ...usual, ...expected }, operands })
  })

gives('', {})
gives('-i prod -i extra/hosts.yml', { inventory: ['prod', 'extra/hosts.yml'] })
gives('--inventory=prod --check --diff', { inventory: ['prod'], check: true, diff: true })
gives('-CDvv', { check: true, diff: true, verbose: 2 })
gives('-v -vv -vvvv', { verbose: 3 })
gives('-iprod', { inventory: ['prod'] })
gives('-f=3 -f 3', { forks: 3 })
gives('-t tls,docker --tags users --skip-tags slow,', { tags: ['tls', 'docker', 'users'], skipTags: ['slow'] })
gives('-e a=1 -e @vars.yml -e {"b":2}', { extraVars: ['a=1', '@vars.yml', '{"b":2}'] })
gives('-l web:!db1 -u deploy --private-key ~/.ssh/id -bkK --become-user app', {
  limit: 'web:!db1',
  user: 'deploy',
  privateKey: '~/.ssh/id',
  become: true,
  askPass: true,
  askBecomePass: true,
  becomeUser: 'app',
})
gives('--output json --no-color --force-handlers --reset', {
  output: 'json',
  noColor: true,
  forceHandlers: true,
  reset: true,
})
gives('--list-tasks --list-hosts --list-tags --syntax-check', {
  listTasks: true,
  listHosts: true,
  listTags: true,
  syntaxCheck: true,
})
gives('--start-at-task=-x', { startAtTask: '-x' })
gives('--check=maybe --nonsense extra --help', { help: true })
gives('-i prod site.yml --check', { inventory: ['prod'], check: true }, ['site.yml'])
gives('-i prod -- --odd.yml', { inventory: ['prod'] }, ['--odd.yml'])

const refuses = (line: string, ...expected: string[]) =>
  test(`refuses: ${line}`, () => {
    const parsed = parseCommandLine(line.split(' '), install)
    const found = 'diagnostics' in parsed ? parsed.diagnostics : []
    assert.equal(
      found.map(({ code, message, mend }) => `${code}: ${message}; ${mend}`),
      expected,
    )
  })

refuses('--chekc', 'unknown-flag: "--chekc" is not a flag; did you mean "--check"?')
refuses('--inv prod', 'unknown-flag: "--inv" is not a flag; did you mean "--inventory"?')
refuses('--xyzzy 5 -C', 'unknown-flag: "--xyzzy" is not a flag; see --help for all flags')
refuses('-Cx', 'unknown-flag: "-x" (in "-Cx") is not a flag; see --help for all flags')
refuses('--no-check', 'unknown-flag: "--no-check" is not a flag; see --help for all flags')
refuses(
  '-inventory prod -C',
  'unknown-flag: "-inventory" is not a flag; write it with two dashes: --inventory',
  'unexpected-argument: "prod" is one word too many; did you mean "--inventory prod"?',
)
refuses('–check', 'unknown-flag: "–check" begins with a long dash; type it with plain dashes: --check')
refuses('--check=maybe', 'bad-flag-value: --check takes no value, and got "maybe"; write --check alone')
refuses('--check=false', 'bad-flag-value: --check takes no value, and got "false"; leave --check out')
refuses('-C=yes', 'bad-flag-value: -C takes no value, and got "yes"; write -C alone')
refuses('-i', 'missing-value: -i needs a value (NAME); write -i NAME')
refuses('--limit=', 'missing-value: --limit needs a value (PATTERN); write --limit PATTERN')
refuses(
  '--limit --check',
  'missing-value: --limit needs a value (PATTERN); the next word is "--check"; if that is the value, write --limit=--check',
)
refuses('-f -3', 'bad-flag-value: --forks must be a whole number from 1 up, not "-3"; leave it out to have 50')
refuses('-f 0', 'bad-flag-value: --forks must be a whole number from 1 up, not "0"; leave it out to have 50')
refuses('-f many', 'bad-flag-value: --forks must be a whole number from 1 up, not "many"; leave it out to have 50')
refuses('--output yaml', 'bad-flag-value: --output must be text or json, not "yaml"; leave it out to have text')
refuses('-l a -l b', 'repeated-flag: --limit is given more than once: "a" and "b"; keep one of them')
refuses('prod', 'unexpected-argument: "prod" is one word too many; did you mean "--inventory prod"?')
refuses(
  '-i prod Install Docker',
  'unexpected-argument: "Install" is one word too many; a value that has spaces must be quoted; see --help',
  'unexpected-argument: "Docker" is one word too many; a value that has spaces must be quoted; see --help',
)
refuses(
  '--list-hosts --output json',
  'conflicting-flags: the lists are text: --output json goes with runs only; leave out --output json',
)
refuses(
  '--reset -C',
  'conflicting-flags: --reset throws the sandbox away, --check changes nothing; leave out one of the two',
)
refuses(
  '-t tls,a --skip-tags tls',
  'conflicting-flags: the tag "tls" is both asked for and skipped; leave it out of --tags or of --skip-tags',
)
refuses(
  '--chekc -f x -i',
  'unknown-flag: "--chekc" is not a flag; did you mean "--check"?',
  'missing-value: -i needs a value (NAME); write -i NAME',
  'bad-flag-value: --forks must be a whole number from 1 up, not "x"; leave it out to have 50',
)

test('a playbook that is missing is asked for', () => {
  const parsed = parseCommandLine(['-C'], run)
  assert.is('diagnostics' in parsed && parsed.diagnostics[0]?.code, 'missing-argument')
})

test('no word makes it throw, and nothing unknown passes for a check-less run', () => {
  const odd = [
    '-',
    '--',
    '---',
    '-=',
    '--=',
    '=',
    '-C=',
    '--=x',
    '',
    ' ',
    '-é',
    '--__proto__',
    '--constructor=1',
    '-\n',
    '—',
  ]
  for (const word of odd) {
    const parsed = parseCommandLine(['--check', word], install)
    if ('options' in parsed) assert.ok(parsed.options.check && (word === '--' || word === ''), `"${word}" passed`)
  }
})

test('the help of an entry is readable', () => {
  const text = helpText(install)
  assert.ok(text.split('\n').every((line) => line.length <= 80))
  for (const code of Object.values(exitCodes)) assert.ok(text.includes(`\n  ${code} `), `exit code ${code}`)
  golden(new URL('help.txt', import.meta.url), text)
})

test('every flag is in the help with every word of its explanation', () => {
  const text = helpText(run).replace(/\s+/g, ' ')
  for (const flag of Object.values(run.flags)) assert.ok(text.includes(flag.help), flag.help)
  assert.match(text, 'PLAYBOOK The YAML file with the plays.')
})

const after = (title: string, argv: readonly string[], expected: readonly string[]) =>
  test(`finds its words ${title}`, () => assert.equal(argumentsAfter('/srv/chat/playbooks/install.ts', argv), expected))

after('under node', ['/bin/node', '/srv/chat/playbooks/install.ts', '-i', 'prod'], ['-i', 'prod'])
after('under zx', ['/bin/node', '/srv/chat/node_modules/.bin/zx', '/srv/chat/playbooks/install.ts', '-v'], ['-v'])
after('after flags of zx', ['/bin/node', '/x/zx', '--shell', '/bin/sh', '/srv/chat/playbooks/install.ts', '-h'], ['-h'])
after('under zx from elsewhere', ['/bin/node', '/x/zx/build/cli.js', '../playbooks/install.ts', '-h'], ['-h'])
after('under zx through a link', ['/bin/node', '/x/zx', '--quiet', 'now.ts', '-h'], ['-h'])
after('under node through a link', ['/bin/node', '/usr/local/bin/install-chat', '-h'], ['-h'])
after(
  'when the file is named again',
  ['/bin/node', '/srv/chat/playbooks/install.ts', '-l', '/srv/chat/playbooks/install.ts'],
  ['-l', '/srv/chat/playbooks/install.ts'],
)

test('finds its words by the address of the module', () => {
  assert.equal(argumentsAfter('file:///srv/a%20b/run.ts', ['/bin/node', '/srv/a b/run.ts', 'x']), ['x'])
})

test('the command to rerun keeps what was typed and takes the hosts as the limit', () => {
  const argv = [
    '/bin/node',
    '/x/.bin/zx',
    'playbooks/install.ts',
    '-i',
    'prod',
    '-l',
    'web',
    '--limit=x',
    '-e',
    "a=it's",
  ]
  assert.is(
    rerunCommand('playbooks/install.ts', argv, ['chat.example.org', 'db']),
    `npx zx playbooks/install.ts -i prod -e 'a=it'\\''s' --limit chat.example.org,db`,
  )
  assert.match(rerunCommand('playbooks/install.ts', argv, []), '-l web')
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadInventory } from '../../../lib/load/inventory.ts'
import { implicitLocalhost, selectHosts } from '../../../lib/load/pattern.ts'
import { createProject, lines } from './project.ts'

const test = suite('lib/load/pattern')

const project = createProject({
  'inventory/prod/hosts.yml': `all:
  children:
    web:
      hosts:
        web[01:03]:
        solo:
      children: edge
    edge:
      hosts: web02
    db:
      hosts: {db-a: , db-b: , db-c: }
    none:
  hosts:
    lone:
  vars: {v: 1}
`,
})
const { inventory } = loadInventory(['prod'], { root: project.root })
test.after(() => project.remove())

const patterns: readonly (readonly [string, string])[] = [
  ['all', 'lone web01 web02 web03 solo db-a db-b db-c'],
  ['*', 'lone web01 web02 web03 solo db-a db-b db-c'],
  ['web', 'web01 web02 web03 solo'],
  ['db:web', 'db-a db-b db-c web01 web02 web03 solo'],
  ['db, web', 'db-a db-b db-c web01 web02 web03 solo'],
  ['web:&edge', 'web02'],
  ['all:!web', 'lone db-a db-b db-c'],
  ['!web', 'lone db-a db-b db-c'],
  ['&web', 'web01 web02 web03 solo'],
  ['!edge:web', 'web01 web03 solo'],
  ['web*', 'web01 web02 web03 solo'],
  ['web0?', 'web01 web02 web03'],
  ['db-[ab]', 'db-a db-b'],
  ['db-[!a]', 'db-b db-c'],
  ['~web0[12]', 'web01 web02'],
  ['~(lone|db)', 'db-a db-b db-c lone'],
  ['web[0]', 'web01'],
  ['web[-1]', 'solo'],
  ['web[1:2]', 'web02 web03'],
  ['web[1:]', 'web02 web03 solo'],
  ['all[0]', 'lone'],
  ['db-b', 'db-b'],
  ['db-a:db-a:db', 'db-a db-b db-c'],
  ['localhost', 'localhost'],
]

test('selects hosts in the order of Ansible', () => {
  for (const [pattern, hosts] of patterns) {
    assert.is(selectHosts(inventory, pattern).hosts.join(' '), hosts, pattern)
  }
})

test('a limit takes away; what it leaves of a play may be nothing', () => {
  assert.equal(selectHosts(inventory, 'all', { limit: 'web:!web02' }).hosts, ['web01', 'web03', 'solo'])
  assert.equal(selectHosts(inventory, 'db', { limit: 'web' }), { hosts: [], diagnostics: [] })
  const read = () => '# failed\nweb01\n\ndb-a\n'
  assert.equal(selectHosts(inventory, 'all', { limit: '@retry', read }).hosts, ['web01', 'db-a'])
  assert.equal(lines(selectHosts(inventory, 'all', { limit: '@/nowhere/x' }).diagnostics).slice(0, 1), [
    'file-missing: list of hosts /nowhere/x does not exist',
  ])
})

const at = { file: 'p.yml', line: 1, col: 10 }
const mistakes: readonly (readonly [string, string, string | undefined])[] = [
  [
    'wbe',
    'p.yml:1:10: pattern-matches-nothing: the pattern "wbe" matches no host of the inventory prod',
    'did you mean "web"? (groups and hosts: all, web, edge, db, none, web01, web02, web03, solo, db-a, db-b, db-c, lone)',
  ],
  [
    'all:!wbe',
    'p.yml:1:10: pattern-matches-nothing: the pattern "wbe" matches no host of the inventory prod',
    undefined,
  ],
  [
    'none',
    'p.yml:1:10: warning: pattern-matches-nothing: the pattern "none" matches no host: the group "none" has none',
    undefined,
  ],
  [
    'db[7]',
    'p.yml:1:10: pattern-matches-nothing: the pattern "db[7]" matches no host: the group "db" has none there',
    undefined,
  ],
  ['edge:!web', 'p.yml:1:10: pattern-matches-nothing: the pattern "edge:!web" leaves no host', undefined],
  ['', 'p.yml:1:10: pattern-matches-nothing: the pattern is empty', undefined],
  ['~[', 'p.yml:1:10: bad-pattern: "~[" is no regular expression: /^(?:[)/u: Unterminated character class', undefined],
]

test('a part that matches nothing is a mistake', () => {
  for (const [pattern, expected, mend] of mistakes) {
    const { diagnostics } = selectHosts(inventory, pattern, { at })
    assert.equal(lines(diagnostics), [expected], pattern)
    if (mend !== undefined) assert.is(diagnostics[0]?.mend, mend)
  }
})

test('a limit that matches nothing is a mistake', () => {
  assert.equal(lines(selectHosts(inventory, 'all', { limit: 'web9', at }).diagnostics), [
    'pattern-matches-nothing: --limit "web9" matches no host of the inventory prod',
  ])
})

test('localhost exists without being written, with the variables of all', () => {
  const host = implicitLocalhost(inventory)
  assert.equal(Object.assign({}, ...host.layers.map((layer) => layer.values)), { v: 1, ansible_connection: 'local' })
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadInventory } from '../../../lib/load/inventory.ts'
import { selectHosts } from '../../../lib/load/pattern.ts'
import { createProject } from './project.ts'
import { numbersFrom } from './seeded.ts'

const test = suite('lib/load/pattern: properties')

/** Inventories, and what is asked of each. */
const rounds = 50
const questions = 8
const names = ['web1', 'web2', 'web10', 'db1', 'db2', 'mail', 'cache']
const groupNames = ['web', 'db', 'edge', 'core']

/** Some hosts in some groups; which ones hangs on the seed alone. */
function inventoryOf(seed: number) {
  const below = numbersFrom(seed)
  const groups = new Map(groupNames.map((group) => [group, names.filter(() => below(2) === 1)]))
  const project = createProject({
    'hosts.ini': [...names, ...groupNames.flatMap((group) => [`[${group}]`, ...(groups.get(group) ?? [])])].join('\n'),
  })
  const { inventory } = loadInventory(['./hosts.ini'], { root: project.root })
  project.remove()
  return { inventory, groups, below }
}

/** The hosts of a part, as a set: the whole of the model. */
function model(part: string, groups: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  if (part === 'all') return new Set(names)
  if (part.endsWith('*')) {
    const start = part.slice(0, -1)
    const inGroups = [...groups].filter(([group]) => group.startsWith(start)).flatMap(([, hosts]) => hosts)
    return new Set([...inGroups, ...names.filter((name) => name.startsWith(start))])
  }
  return new Set(groups.get(part) ?? [part])
}

const parts = ['all', ...groupNames, ...names, 'web*', 'd*']

test('parts joined by colon, :& and :! are union, intersection and difference of sets', () => {
  for (let seed = 1; seed <= rounds; seed++) {
    const { inventory, groups, below } = inventoryOf(seed)
    for (let question = 0; question < questions; question++) {
      const chosen = Array.from({ length: 1 + below(4) }, () => ({
        mark: ['', '', '&', '!'][below(4)] ?? '',
        part: parts[below(parts.length)] ?? '',
      }))
      const plain = chosen.filter(({ mark }) => mark === '')
      const of = (mark: string) => chosen.filter((one) => one.mark === mark).map(({ part }) => model(part, groups))
      const union = new Set(
        (plain.length === 0 ? [{ part: 'all' }] : plain).flatMap(({ part }) => [...model(part, groups)]),
      )
      const expected = [...union]
        .filter((name) => of('&').every((one) => one.has(name)) && !of('!').some((one) => one.has(name)))
        .sort()
      const pattern = chosen.map(({ mark, part }) => mark + part).join([':', ','][below(2)])
      assert.equal([...selectHosts(inventory, pattern).hosts].sort(), expected, `seed ${seed}: ${pattern}`)
    }
  }
})

test('a host comes once, and in the order of the part that brought it', () => {
  for (let seed = 1; seed <= rounds; seed++) {
    const { inventory, below } = inventoryOf(seed)
    for (let question = 0; question < questions; question++) {
      const chosen = Array.from({ length: 2 + below(2) }, () => parts[below(parts.length)] ?? '')
      const { hosts } = selectHosts(inventory, chosen.join(','))
      assert.is(new Set(hosts).size, hosts.length)
      const alone = chosen.flatMap((part) => selectHosts(inventory, part).hosts)
      assert.equal(hosts, [...new Set(alone)], `seed ${seed}: ${chosen.join(',')}`)
    }
  }
})

test('a subscript picks from the hosts of its part, and a limit only takes away', () => {
  for (let seed = 1; seed <= rounds; seed++) {
    const { inventory, below } = inventoryOf(seed)
    for (let question = 0; question < questions; question++) {
      const part = groupNames[below(groupNames.length)] ?? ''
      const { hosts } = selectHosts(inventory, part)
      const [from, to] = [below(5), below(7)]
      assert.equal(selectHosts(inventory, `${part}[${from}]`).hosts, hosts.slice(from, from + 1))
      assert.equal(selectHosts(inventory, `${part}[${from}:${to}]`).hosts, hosts.slice(from, to + 1))
      assert.equal(selectHosts(inventory, `${part}[${from}:]`).hosts, hosts.slice(from))
      const last = hosts.length - 1 - from
      assert.equal(selectHosts(inventory, `${part}[-${from + 1}]`).hosts, last < 0 ? [] : hosts.slice(last, last + 1))
      const limit = parts[below(parts.length)] ?? ''
      const allowed = new Set(selectHosts(inventory, limit).hosts)
      assert.equal(
        selectHosts(inventory, part, { limit }).hosts,
        hosts.filter((name) => allowed.has(name)),
      )
    }
  }
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectError, problem, ToolError } from '../../../lib/core/diagnostic.ts'
import { filled, head, type PlayOptions, play, things } from '../../fakes/play.ts'

const test = suite('lib/engine/run')

for (const count of [1, 10, 100]) {
  test(`an unchanged host costs one round trip, however many tasks (${count})`, async () => {
    const { hosts, stats } = await play(head + things(count), filled(count))
    assert.is(hosts.get('a')?.asks, 1)
    assert.is(hosts.get('a')?.questions, count)
    assert.equal(hosts.get('a')?.applied, [])
    assert.is(stats['a']?.ok, count)
    assert.is(stats['a']?.changed, 0)
  })
}

test('the items of loops are asked about in the same round trip, wherever the loop stands', async () => {
  const loop = '    - thing: { name: "{{ item }}", value: v }\n      loop: [t2, t3, t4]\n'
  for (const tasks of [loop, loop + things(2), things(2) + loop]) {
    const { hosts, stats } = await play(head + tasks, filled(5))
    assert.is(hosts.get('a')?.asks, 1)
    assert.is(stats['a']?.changed, 0)
  }
})

test('after a change few of the later tasks are asked about, and more again while nothing changes', async () => {
  const { hosts } = await play(head + things(50), {
    prepare: (host) => {
      for (let index = 1; index < 50; index++) host('a').values.set(`t${index}`, 'v')
    },
  })
  // 50 at first; with the change that one and the next, then 1 + 4, 1 + 16, and the last 26.
  const { asks, questions, rode } = hosts.get('a') ?? {}
  assert.equal([asks, questions, rode], [4, 50 + 5 + 17 + 26, 2])
})

test('equal questions are asked once', async () => {
  const { hosts } = await play(`${head}${things(1)}${things(1)}`, filled(1))
  assert.is(hosts.get('a')?.questions, 1)
})

test('a change, the look at what came of it and the look at the next task are one round trip', async () => {
  const { hosts, stats } = await play(head + things(50))
  const { asks, questions, rode, applied } = hosts.get('a') ?? {}
  assert.equal([asks, questions, rode], [1, 50, 2 * 50 - 1])
  assert.is(stats['a']?.changed, 50)
  assert.equal(applied?.slice(0, 3), ['set t0 v', 'set t1 v', 'set t2 v'])
})

test('where nothing can ride, a change costs two round trips', async () => {
  const { hosts, stats } = await play(head + things(5), {
    prepare: (host) => {
      host('a').carries = false
    },
  })
  assert.equal([hosts.get('a')?.asks, hosts.get('a')?.rode], [6, 0])
  assert.is(stats['a']?.changed, 5)
})

test('only a run that changes something asks for the lock, once for each change', async () => {
  const locks = async (playbook: string, how?: PlayOptions) => (await play(playbook, how)).hosts.get('a')?.lock
  assert.equal(await locks(head + things(2), filled(2)), ['release'])
  assert.equal(await locks(head + things(2), { options: { check: true } }), ['release'])
  assert.equal(await locks(head + things(2)), ['guard', 'guard', 'release'])
  assert.equal(await locks(`${head}    - act: x\n    - act: fail\n`), ['guard', 'release'])
})

test('what is delegated asks for the lock of the host it changes', async () => {
  const { hosts } = await play(
    `${head}    - thing: { name: x, value: y }\n      delegate_to: b\n      when: inventory_hostname == 'a'\n`,
    { inventory: 'all: { hosts: { a: , b: } }\n' },
  )
  assert.equal(hosts.get('a')?.lock ?? [], ['release'])
  assert.equal(hosts.get('b')?.lock, ['guard', 'release'])
})

test('what is kept on this machine for other hosts asks for no lock', async () => {
  const keeps = `${head}    - thing: { name: x, value: y }\n      delegate_to: localhost\n      when: inventory_hostname == 'a'\n`
  const { hosts } = await play(keeps, { inventory: 'all: { hosts: { a: , b: } }\n' })
  assert.equal(hosts.get('localhost')?.applied, ['set x y'])
  assert.equal(hosts.get('localhost')?.lock, ['release'])
})

test('a host that is out of reach keeps its lock', async () => {
  const { hosts } = await play(head + things(2), {
    prepare: (host) => {
      host('a').afterApply = () => {
        throw new ConnectError(problem('link-lost', 'the link was lost'))
      }
    },
  })
  assert.equal(hosts.get('a')?.lock, ['guard', 'leave'])
})

test('check mode says what would change and applies nothing', async () => {
  const { hosts, stats, events } = await play(head + things(3), { options: { check: true } })
  assert.equal(hosts.get('a')?.applied, [])
  assert.is(hosts.get('a')?.asks, 1)
  assert.is(stats['a']?.changed, 3)
  const planned = events.find((event) => event.kind === 'task.planned')
  assert.equal(planned?.changes, [{ action: 'create', target: 't0', after: 'v' }])
})

test('a change that does not settle is a failure that shows what still differs', async () => {
  const { stats, events } = await play(head + things(2), {
    prepare: (host) => {
      host('a').afterApply = (fake) => fake.values.set('t0', 'put back')
    },
  })
  assert.is(stats['a']?.failed, 1)
  assert.is(stats['a']?.changed, 0)
  const done = events.find((event) => event.kind === 'task.done')
  assert.is(done?.diagnostics?.[0]?.code, 'did-not-settle')
  assert.match(done?.diagnostics?.[0]?.detail ?? '', 'put back')
})

test('what an earlier change breaks is seen and mended in the same run', async () => {
  const { hosts } = await play(head + things(2), {
    prepare: (host) => {
      host('a').values.set('t1', 'v')
      host('a').afterApply = (fake, script) => {
        if (script === 'set t0 v') fake.values.set('t1', 'broken by t0')
      }
    },
  })
  assert.equal(hosts.get('a')?.applied, ['set t0 v', 'set t1 v'])
})

test('hosts run side by side; the failure of one does not stop the others; unreachable is not failed', async () => {
  const { stats } = await play(
    `${head}    - act: fail\n      when: inventory_hostname == 'b'\n    - thing: { name: x, value: y }\n`,
    {
      inventory: 'all: { hosts: { a: , b: , c: } }\n',
      prepare: (host) => {
        host('c').unreachable = true
      },
    },
  )
  assert.is(stats['a']?.changed, 1)
  assert.is(stats['b']?.failed, 1)
  assert.is(stats['b']?.unreachable, 0)
  assert.is(stats['c']?.unreachable, 1)
  assert.is(stats['c']?.failed, 0)
})

test('register, when and skipped tasks', async () => {
  const { lines } = await play(
    `${head}    - name: one
      thing: { name: x, value: y }
      register: out
    - name: two
      act: a
      when: out is changed
    - name: three
      act: b
      when: out.value == 'z'
`,
  )
  assert.equal(lines, ['a one changed', 'a two changed', 'a three skipped'])
})

test('in check mode what depends on an unmade change is unknown, not guessed', async () => {
  const { lines, stats } = await play(
    `${head}    - name: one
      act: something
      register: out
    - name: two
      thing: { name: x, value: "{{ out.said }}" }
    - name: three
      thing: { name: z, value: z }
`,
    { options: { check: true } },
  )
  assert.equal(lines, ['a one skipped', 'a two unknown', 'a three changed'])
  assert.is(stats['a']?.unknown, 1)
})

test('a check waits as a run does, as long as nothing that it did not change comes before', async () => {
  const waiting = `${head}    - name: waits\n      ready: x\n    - thing: { name: x, value: y }\n    - name: waits again\n      ready: z\n`
  const { lines, hosts } = await play(waiting, { options: { check: true } })
  assert.equal(lines, ['a waits ok', 'a thing changed', 'a waits again skipped'])
  assert.equal(hosts.get('a')?.applied, ['await x'])
})

test('handlers run once at the end, in the order they are written', async () => {
  const { hosts, lines } = await play(
    `${head}    - thing: { name: x, value: y }
      notify: [second, first]
    - thing: { name: z, value: y }
      notify: first
  handlers:
    - name: first
      act: one
    - name: listening
      listen: second
      act: two
`,
  )
  assert.equal(hosts.get('a')?.applied, ['set x y', 'set z y', 'run one', 'run two'])
  assert.equal(lines.slice(2), ['a first changed', 'a listening changed'])
})

const failing = `${head}    - thing: { name: x, value: y }
      notify: restart
    - act: fail
  handlers:
    - name: restart
      act: restarted
`

test('handlers of a failed host do not run, and are said to be owed', async () => {
  const { hosts, events } = await play(failing)
  assert.equal(hosts.get('a')?.applied, ['set x y'])
  const owed = events.find((event) => event.kind === 'diagnostic')
  assert.is(owed?.diagnostic.code, 'handlers-owed')
})

test('with --force-handlers they run', async () => {
  const { hosts, stats } = await play(failing, { options: { forceHandlers: true } })
  assert.equal(hosts.get('a')?.applied, ['set x y', 'run restarted'])
  assert.is(stats['a']?.failed, 1)
})

test('block, rescue and always count as Ansible counts them', async () => {
  const { stats, lines } = await play(
    `${head}    - block:
        - name: breaks
          act: fail
        - name: never reached
          act: x
      rescue:
        - name: mends
          thing: { name: seen, value: "{{ ansible_failed_task.name }}" }
      always:
        - name: closes
          act: y
`,
  )
  assert.equal(lines, ['a breaks failed', 'a mends changed', 'a closes changed'])
  const { failed, rescued, ok, changed } = stats['a'] ?? {}
  assert.equal({ failed, rescued, ok, changed }, { failed: 0, rescued: 1, ok: 2, changed: 2 })
})

test('what failed after it had begun says so, unless it took back what it did or only waited', async () => {
  const begun = async (tasks: string) => {
    const { events } = await play(head + tasks, {
      prepare: (host) => {
        host('a').afterApply = (fake) => fake.values.set('broken', 'put back')
      },
    })
    const done = events.find((event) => event.kind === 'task.done' && event.status === 'failed')
    return done?.kind === 'task.done' && done.begun === true
  }
  assert.is(await begun('    - act: fail\n'), true)
  assert.is(await begun('    - act: fail and undo\n'), false)
  assert.is(await begun('    - act: "{{ item }}"\n      loop: [x, fail and undo]\n'), true)
  assert.is(await begun('    - thing: { name: broken, value: v }\n'), true)
  assert.is(await begun('    - act: x\n      failed_when: true\n'), true)
  assert.is(await begun('    - ready: never\n'), false)
  assert.is(await begun('    - fail: { msg: stop here }\n'), false)
})

test('ignore_errors goes on and counts', async () => {
  const { stats } = await play(
    `${head}    - act: fail\n      ignore_errors: true\n      register: out\n    - thing: { name: rc, value: "{{ out.rc }}" }\n`,
  )
  const { failed, ignored, ok } = stats['a'] ?? {}
  assert.equal({ failed, ignored, ok }, { failed: 0, ignored: 1, ok: 2 })
})

test('failed_when and changed_when judge the result', async () => {
  const { lines } = await play(
    `${head}    - name: quiet
      act: x
      changed_when: false
    - name: forgiven
      act: fail
      register: out
      failed_when: out.rc != 7
    - name: strict
      act: x
      register: other
      failed_when: other.said == 'did x'
`,
  )
  assert.equal(lines, ['a quiet ok', 'a forgiven ok', 'a strict failed'])
})

test('loops have their items, labels and results', async () => {
  const { hosts, events, stats } = await play(
    `${head}    - name: many
      thing: { name: "{{ item.k }}", value: "{{ item.v }}" }
      loop: [{ k: one, v: 1 }, { k: two, v: 2 }]
      loop_control: { label: "{{ item.k }}" }
      register: all
    - thing: { name: count, value: "{{ all.results | length }}" }
`,
  )
  assert.equal(
    [...(hosts.get('a')?.values ?? [])],
    [
      ['one', '1'],
      ['two', '2'],
      ['count', '2'],
    ],
  )
  assert.equal(
    events.flatMap((event) => (event.kind === 'item.done' ? [`${event.item} ${event.status}`] : [])),
    ['one changed', 'two changed'],
  )
  assert.is(stats['a']?.changed, 2)
})

test('until tries again', async () => {
  let tries = 0
  const { events } = await play(
    `${head}    - thing: { name: x, value: y }
      register: out
      until: out.value == 'enough'
      retries: 5
      delay: 0
`,
    {
      prepare: (host) => {
        host('a').values.set('x', 'y')
      },
      onEvent: (event) => {
        if (event.kind === 'host.doing' && event.doing === 'retrying') tries++
      },
    },
  )
  assert.is(tries, 5)
  const done = events.find((event) => event.kind === 'task.done')
  assert.is(done?.diagnostics?.[0]?.code, 'until-never-held')
})

test('run_once works for all hosts', async () => {
  const { hosts } = await play(
    `${head}    - act: only
      run_once: true
      register: out
    - thing: { name: said, value: "{{ out.said }}" }
`,
    { inventory: 'all: { hosts: { a: , b: , c: } }\n' },
  )
  const ran = [...hosts].filter(([, host]) => host.applied.includes('run only')).map(([name]) => name)
  assert.equal(ran, ['a'])
  for (const host of hosts.values()) assert.is(host.values.get('said'), 'did only')
})

test('serial goes batch by batch and stops when a whole batch failed', async () => {
  const { lines } = await play(`- hosts: all\n  gather_facts: false\n  serial: 2\n  tasks:\n    - act: fail\n`, {
    inventory: 'all: { hosts: { a: , b: , c: , d: } }\n',
  })
  assert.equal(lines, ['a act failed', 'b act failed'])
})

test('any_errors_fatal ends the play for everybody and the run', async () => {
  const { lines } = await play(
    `- hosts: all
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - act: fail
      when: inventory_hostname == 'a'
    - name: meet
      act: "{{ hostvars['a'].inventory_hostname }}"
- hosts: all
  gather_facts: false
  tasks:
    - name: next play
      act: x
`,
    { inventory: 'all: { hosts: { a: , b: } }\n' },
  )
  assert.not.ok(lines.some((line) => line.includes('next play')))
})

test('tags, skip-tags and start-at-task choose tasks', async () => {
  const tagged = `${head}    - name: one\n      act: one\n      tags: x\n    - name: two\n      act: two\n    - name: three\n      act: three\n      tags: [x, y]\n`
  const names = async (options: PlayOptions['options']) =>
    (await play(tagged, options ? { options } : {})).lines.map((line) => line.split(' ')[1])
  assert.equal(await names({ tags: ['x'] }), ['one', 'three'])
  assert.equal(await names({ skipTags: ['y'] }), ['one', 'two'])
  assert.equal(await names({ startAtTask: 'two' }), ['two', 'three'])
  assert.equal(await names({ startAtTask: 'th*' }), ['three'])
})

test('a task to start at that does not exist is an error before anything runs', async () => {
  try {
    await play(head + things(1), { options: { startAtTask: 'thign' } })
    assert.unreachable()
  } catch (error) {
    assert.ok(error instanceof ToolError)
    assert.is(error.code, 'no-such-task')
  }
})

const refused = (title: string, playbook: string, code: string, place: string, more: PlayOptions = {}) =>
  test(title, async () => {
    let touched = false
    try {
      await play(playbook, { ...more, onEvent: () => (touched = true) })
    } catch (error) {
      assert.ok(error instanceof ToolError)
      const [first] = error.diagnostics
      assert.is(first?.code, code)
      assert.is(`${first?.at?.file}:${first?.at?.line}:${first?.at?.col}`, place)
      assert.not.ok(touched)
      return
    }
    assert.unreachable('it ran')
  })

refused(
  'an undefined variable is found before any host is touched',
  `${head}    - thing: { name: "{{ nmae }}", value: x }\n`,
  'undefined-variable',
  'play.yml:4:22',
)
refused(
  'circular variables are found',
  `- hosts: all\n  gather_facts: false\n  vars: { a: "{{ b }}", b: "{{ a }}" }\n  tasks:\n    - thing: { name: "{{ a }}", value: x }\n`,
  'circular-variables',
  'play.yml:3:14',
)
refused(
  'a handler that does not exist is found',
  `${head}    - thing: { name: a, value: x }\n      notify: restrat\n  handlers:\n    - name: restart\n      act: x\n`,
  'unknown-handler',
  'play.yml:5:15',
)
refused(
  'a host pattern that matches nothing is an error',
  '- hosts: wbe\n  gather_facts: false\n  tasks: []\n',
  'pattern-matches-nothing',
  'play.yml:1:10',
)

test('a stop request finishes what is under way and begins nothing new', async () => {
  const stopping = new AbortController()
  const { ended, hosts } = await play(head + things(3), {
    stopping: stopping.signal,
    onEvent: (event) => {
      if (event.kind === 'task.planned') stopping.abort()
    },
  })
  assert.ok(ended.stopped)
  assert.equal(hosts.get('a')?.applied, ['set t0 v'])
  assert.is(ended.stats['a']?.changed, 1)
})

test('secrets that a task makes are unknown in check mode and there in a run', async () => {
  const made = `${head}    - secret: { name: pass }\n    - name: uses it\n      act: "{{ 'there' if secrets.pass is defined else 'missing' }}"\n`
  const { lines } = await play(made, { options: { check: true } })
  assert.equal(lines, ['a secret changed', 'a uses it unknown'])
  const { hosts } = await play(made)
  assert.equal(hosts.get('a')?.applied, ['run there'])
})

test.run()

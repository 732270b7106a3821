import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { connectLocal } from '../../../lib/connect/local.ts'
import { type Connection, fenced } from '../../../lib/core/connection.ts'
import { ConnectError, type Diagnostic, problem, TaskError } from '../../../lib/core/diagnostic.ts'
import type { HostLock } from '../../../lib/core/lock.ts'
import { join, raw, type Script, sh } from '../../../lib/core/script.ts'
import { createHostLock } from '../../../lib/lock/host-lock.ts'
import type { LockRecord } from '../../../lib/lock/record.ts'

const test = suite('lib/lock/host-lock')

const never = new AbortController().signal
const me = { user: userInfo().username }

/** A run of `owner` on this machine, whose lock lies in `folder`; `clock` is what its own clocks say, in ms. */
interface Someone {
  readonly lock: HostLock
  readonly connection: Required<Connection>
  readonly notes: Diagnostic[]
  readonly clock: { ms: number }
  /** Writes a file as a task would, under the lock. */
  write(name: string): Promise<number>
}

interface Wish {
  readonly run?: string
  readonly owner?: string
  readonly pid?: number
  readonly space?: string
  readonly lease?: number
  readonly takeOver?: boolean
  readonly dead?: readonly number[]
  readonly connection?: Partial<Connection>
}

let runs = 0

function someone(folder: string, wish: Wish = {}): Someone {
  const clock = { ms: 0 }
  const notes: Diagnostic[] = []
  const connection = { ...connectLocal(me), ...wish.connection }
  const record: LockRecord = {
    run: wish.run ?? `run${++runs}`,
    owner: wish.owner ?? 'alice@laptop',
    pid: wish.pid ?? 100,
    space: wish.space ?? 'pid:[1]',
    started: '2026-03-01T08:00:00.000Z',
    purpose: 'install.yml, inventory prod',
    lease: wish.lease ?? 60,
  }
  const lock = createHostLock(
    {
      record,
      takeOver: wish.takeOver ?? false,
      alive: (pid) => !wish.dead?.includes(pid),
      stopwatch: () => {
        const began = clock.ms
        return () => clock.ms - began
      },
    },
    {
      host: 'chat',
      folder: () => folder,
      connection: async () => connection,
      linked: () => true,
      note: (diagnostic) => notes.push(diagnostic),
      signal: never,
    },
  )
  const write = async (name: string) => {
    const script = raw(`echo done >'${path.join(folder, name)}'`)
    const { code } = await lock.guard(undefined, (fence) => connection.exec(script, { fence }))
    return code
  }
  return { lock, connection, notes, clock, write }
}

function inFolder(title: string, use: (folder: string, file: string) => Promise<void>): void {
  test(title, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'host-lock-'))
    try {
      await use(folder, path.join(folder, 'ametys-rocketchat.lock'))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

/** The finding with which `work` is refused. */
async function refused(work: Promise<unknown>): Promise<Diagnostic> {
  try {
    await work
  } catch (error) {
    assert.ok(error instanceof TaskError, String(error))
    return error.diagnostics[0] as Diagnostic
  }
  throw new Error('it was not refused')
}

const owns = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as LockRecord).owner
const ageFile = (file: string, seconds: number) => {
  const then = Date.now() / 1000 - seconds
  utimesSync(file, then, then)
}

inFolder(
  'the lock is taken at the first write, says who and what for, and is gone afterwards',
  async (folder, file) => {
    const alice = someone(folder)
    assert.equal(readdirSync(folder), [])
    assert.is(await alice.write('a'), 0)
    assert.is(
      readFileSync(file, 'utf8').replace(/run\d+/, 'RUN'),
      '{"run":"RUN","owner":"alice@laptop","pid":100,"space":"pid:[1]","started":"2026-03-01T08:00:00.000Z","purpose":"install.yml, inventory prod","lease":60}\n',
    )
    assert.is(statSync(file).mode & 0o777, 0o644)
    await alice.lock.release(true)
    assert.equal(readdirSync(folder), ['a'])
  },
)

inFolder(
  'nothing is asked of the host before the first write, nor at the end of a run that wrote nothing',
  async (folder) => {
    const alice = someone(folder)
    await alice.lock.release(true)
    assert.is(alice.connection.traffic.shell, 0)
  },
)

inFolder('later writes cost no trip of their own', async (folder) => {
  const alice = someone(folder)
  await alice.write('a')
  const { shell: trips } = alice.connection.traffic
  await alice.write('b')
  await alice.lock.hold(undefined)
  assert.is(alice.connection.traffic.shell, trips + 1)
  await alice.lock.release(true)
})

inFolder(
  'the second run is told who, since when, what for and how long yet, and goes on being told',
  async (folder) => {
    const alice = someone(folder)
    await alice.write('a')
    const bob = someone(folder, { owner: 'bob@desk' })
    const finding = await refused(bob.write('b'))
    assert.is(finding.code, 'host-locked')
    assert.is(
      finding.message,
      'alice@laptop (process 100) works on chat since 2026-03-01T08:00:00.000Z: install.yml, inventory prod',
    )
    assert.match(finding.detail ?? '', /runs (60|5\d) s more/)
    assert.match(finding.mend ?? '', '--take-over')
    await alice.lock.release(true)
    assert.is((await refused(bob.lock.hold(undefined))).code, 'host-locked')
    assert.equal(readdirSync(folder), ['a'])
  },
)

/** A connection on which something happens right before a script of the lock is sent. */
const before = (what: string, happens: () => Promise<unknown>): Pick<Connection, 'exec'> => {
  const real = connectLocal(me)
  return {
    exec: async (script, options) => {
      if (options?.what === what) await happens()
      return real.exec(script, options)
    },
  }
}

inFolder('what is taken over is the lock that was seen, not one that came in between', async (folder, file) => {
  await someone(folder, { pid: 7 }).write('a')
  const carol = someone(folder, { owner: 'carol@desk', takeOver: true })
  const connection = before('taking over the lock', () => carol.write('c'))
  const finding = await refused(someone(folder, { pid: 8, dead: [7], connection }).write('b'))
  assert.is(finding.code, 'host-locked')
  assert.match(finding.message, 'carol@desk')
  assert.is(owns(file), 'carol@desk')
})

inFolder(
  'what is left behind at the end goes along with the lock, for the account that has it',
  async (folder, file) => {
    const alice = someone(folder)
    const line = path.join(folder, 'line')
    const last = { script: sh`printf done >${line}`, become: undefined }
    assert.is(await alice.lock.release(true, last), undefined, 'there is no lock to give back')
    await alice.lock.hold(undefined)
    assert.is(await alice.lock.release(true, { ...last, become: { user: 'somebody-else' } }), undefined)
    assert.equal(existsSync(line), false)
    await alice.lock.hold(undefined)
    const { shell } = alice.connection.traffic
    assert.equal(await alice.lock.release(true, last), {})
    assert.equal([readFileSync(line, 'utf8'), existsSync(file)], ['done', false])
    assert.is(alice.connection.traffic.shell, shell + 1)
    await alice.lock.hold(undefined)
    assert.equal(await alice.lock.release(true, { ...last, script: sh`exit 3` }), { trouble: 'it failed' })
    assert.is(existsSync(file), false)
  },
)

inFolder('nobody gives back the lock of another', async (folder, file) => {
  const alice = someone(folder)
  await alice.write('a')
  await someone(folder, { owner: 'bob@desk', takeOver: true }).write('b')
  await alice.lock.release(true)
  assert.is(owns(file), 'bob@desk')
})

inFolder('a link that lies in wait for the draft of the lock is not followed', async (folder, file) => {
  const trap = path.join(folder, 'trap')
  writeFileSync(trap, 'precious')
  symlinkSync(trap, `${file}.guessed`)
  const connection = hostWhere((text) => text.replace(/t=\$f\.\S+/, 't=$f.guessed'))
  assert.is((await refused(someone(folder, { connection }).write('a'))).code, 'lock-failed')
  assert.is(readFileSync(trap, 'utf8'), 'precious')
})

inFolder('a lock whose lease has run out is not taken in silence', async (folder, file) => {
  await someone(folder).write('a')
  ageFile(file, 200)
  const finding = await refused(someone(folder, { owner: 'bob@desk' }).write('b'))
  assert.is(finding.code, 'lock-stale')
  assert.match(finding.message, /has not been heard of for 20\d s/)
  assert.match(finding.mend ?? '', 'ask alice@laptop')
  assert.is(owns(file), 'alice@laptop')
})

inFolder('who takes over stops the other before its next write, by script or without', async (folder, file) => {
  const alice = someone(folder)
  await alice.write('a')
  const bob = someone(folder, { owner: 'bob@desk', takeOver: true })
  assert.is(await bob.write('b'), 0)
  assert.is(bob.notes[0]?.code, 'lock-taken-over')
  assert.match(bob.notes[0]?.message ?? '', 'alice@laptop')
  const finding = await refused(alice.write('c'))
  assert.is(finding.code, 'lock-lost')
  assert.match(finding.message, 'taken over: bob@desk (process 100) works on chat since')
  assert.is((await refused(alice.lock.hold(undefined))).code, 'lock-lost')
  assert.equal(readdirSync(folder).sort(), ['a', 'ametys-rocketchat.lock', 'b'])
  await alice.lock.release(true)
  assert.is(owns(file), 'bob@desk')
})

inFolder('what is not a script asks the host again before half of the lease is over', async (folder) => {
  const alice = someone(folder)
  await alice.write('a')
  await someone(folder, { owner: 'bob@desk', takeOver: true }).write('b')
  alice.clock.ms = 29_000
  await alice.lock.hold(undefined)
  alice.clock.ms = 31_000
  assert.is((await refused(alice.lock.hold(undefined))).code, 'lock-lost')
})

inFolder('a renewal counts from when it was asked for', async (folder, file) => {
  const alice = someone(folder)
  await alice.write('a')
  ageFile(file, 40)
  alice.clock.ms = 40_000
  await alice.lock.hold(undefined)
  assert.ok(Date.now() - statSync(file).mtimeMs < 10_000)
  const { shell: trips } = alice.connection.traffic
  alice.clock.ms = 69_000
  await alice.lock.hold(undefined)
  assert.is(alice.connection.traffic.shell, trips)
  alice.clock.ms = 71_000
  await alice.lock.hold(undefined)
  assert.is(alice.connection.traffic.shell, trips + 1)
})

inFolder('a run that slept past its lease stops, though nobody has taken its place', async (folder, file) => {
  const alice = someone(folder)
  await alice.write('a')
  ageFile(file, 100)
  alice.clock.ms = 100_000
  const finding = await refused(alice.write('c'))
  assert.is(finding.code, 'lock-lost')
  assert.match(finding.message, 'nothing was heard of this run for more than 60 s')
  assert.equal(readdirSync(folder).sort(), ['a', 'ametys-rocketchat.lock'])
})

inFolder('a clock that was set, here or on the host, ends no lease', async (folder, file) => {
  const alice = someone(folder)
  await alice.write('a')
  ageFile(file, 100)
  assert.is(await alice.write('b'), 0)
  alice.clock.ms = 40_000
  await alice.lock.hold(undefined)
  alice.clock.ms += 500_000
  await alice.lock.hold(undefined)
  assert.is(await alice.write('c'), 0)
})

inFolder('a run of our own that was killed leaves nobody out, and one line says so', async (folder, file) => {
  await someone(folder, { pid: 7 }).write('a')
  const later = someone(folder, { pid: 8, dead: [7] })
  assert.is(await later.write('b'), 0)
  assert.equal(
    later.notes.map(({ code, severity }) => ({ code, severity })),
    [{ code: 'lock-taken-over', severity: 'warning' }],
  )
  assert.match(later.notes[0]?.message ?? '', 'an earlier run of ours (process 7')
  assert.is(JSON.parse(readFileSync(file, 'utf8')).pid, 8)
})

for (const [what, other] of [
  ['another machine', { owner: 'alice@desk' }],
  ['another container', { space: 'pid:[2]' }],
] as const) {
  inFolder(`a process of ${what} is not ours to call dead`, async (folder) => {
    await someone(folder, { pid: 7 }).write('a')
    const finding = await refused(someone(folder, { ...other, dead: [7] }).write('b'))
    assert.is(finding.code, 'host-locked')
  })
}

inFolder('the lease is renewed while the run lasts, and no longer', async (folder, file) => {
  const alice = someone(folder, { lease: 1 })
  await alice.write('a')
  ageFile(file, 30)
  const { shell: trips } = alice.connection.traffic
  for (let tries = 0; Date.now() - statSync(file).mtimeMs > 10_000; tries++) {
    assert.ok(tries < 300, 'it was not renewed')
    await sleep(10)
  }
  await alice.lock.release(true)
  assert.ok(alice.connection.traffic.shell > trips)
  const after = alice.connection.traffic.shell
  await sleep(250)
  assert.is(alice.connection.traffic.shell, after)
})

for (const [what, text] of [
  ['an empty file', ''],
  ['words', 'do not touch\n'],
  ['other JSON', '{"run":1}\n'],
  ['bytes', '\0\x1b[31m\xff'],
] as const) {
  inFolder(`${what} in place of the lock is shown, and taken over on demand only`, async (folder, file) => {
    writeFileSync(file, text, 'latin1')
    const finding = await refused(someone(folder).write('a'))
    assert.is(finding.code, 'lock-unreadable')
    assert.not.ok(finding.detail?.includes('\x1b'))
    assert.is(await someone(folder, { takeOver: true }).write('a'), 0)
    assert.is(owns(file), 'alice@laptop')
  })
}

inFolder('a folder in place of the lock is left alone', async (folder, file) => {
  mkdirSync(file)
  const finding = await refused(someone(folder, { takeOver: true }).write('a'))
  assert.is(finding.code, 'lock-unreadable')
  assert.match(finding.detail ?? '', 'a directory of')
  assert.equal(readdirSync(file), [])
})

/** A connection that lets `replace` do over the text of each script. */
const hostWhere = (replace: (text: string) => string): Partial<Connection> => {
  const real = connectLocal(me)
  return { exec: (script, options) => real.exec(raw(replace(script.toString())), options) }
}

inFolder(
  'a lock that belongs to another account of the host cannot be taken over, and whose it is is said',
  async (folder) => {
    await someone(folder).write('a')
    const sticky = hostWhere((text) =>
      text.replace('mv -f -- "$t" "$f"', '{ echo "mv: Operation not permitted" >&2; false; }'),
    )
    const finding = await refused(someone(folder, { takeOver: true, connection: sticky }).write('b'))
    assert.is(finding.code, 'lock-not-ours')
    assert.match(finding.message, userInfo().username)
    assert.match(finding.detail ?? '', 'Operation not permitted')
  },
)

inFolder('a folder that takes no lock is told', async (folder) => {
  const finding = await refused(someone(path.join(folder, 'missing')).write('b'))
  assert.is(finding.code, 'lock-failed')
  assert.match(finding.detail ?? '', /cannot create|[Nn]o such file|[Dd]irectory nonexistent/)
})

inFolder('two that take it at once: one has it', async (folder) => {
  const all = Array.from({ length: 6 }, (_, index) => someone(folder, { owner: `o${index}@x` }))
  const results = await Promise.allSettled(all.map((one, index) => one.write(`w${index}`)))
  assert.is(results.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.is(readdirSync(folder).filter((name) => name.startsWith('w')).length, 1)
})

/** A script as a host would run it that was started at another time. */
const atBoot = (boot: string, script: Script) => raw(script.toString().replaceAll(/read -r b <[^;]+/g, `b=${boot}`))

inFolder(
  'a start of the host clears the lock away, and it is taken again before anything is written',
  async (folder, file) => {
    let boot = 'first'
    const { exec } = connectLocal(me)
    const alice = someone(folder, { connection: { exec: (script, options) => exec(atBoot(boot, script), options) } })
    await alice.write('a')
    rmSync(file)
    boot = 'second'
    assert.is(await alice.write('b'), 0)
    assert.is(owns(file), 'alice@laptop')
    assert.equal(readdirSync(folder).sort(), ['a', 'ametys-rocketchat.lock', 'b'])
    rmSync(file)
    boot = 'third'
    alice.clock.ms = 50_000
    await alice.lock.hold(undefined)
    assert.is(owns(file), 'alice@laptop')
  },
)

inFolder('after a start of the host it may be another who has it', async (folder, file) => {
  let boot = 'first'
  const { exec } = connectLocal(me)
  const alice = someone(folder, { connection: { exec: (script, options) => exec(atBoot(boot, script), options) } })
  await alice.write('a')
  rmSync(file)
  boot = 'second'
  await someone(folder, { owner: 'bob@desk' }).write('b')
  const finding = await refused(alice.write('c'))
  assert.is(finding.code, 'lock-lost')
  assert.match(finding.message, 'bob@desk')
})

inFolder('one machine under two names has one lock, for both', async (folder) => {
  const names = [someone(folder, { run: 'same' }), someone(folder, { run: 'same' })]
  assert.equal(await Promise.all(names.map((one, index) => one.write(`w${index}`))), [0, 0])
  await Promise.all(names.map(({ lock }) => lock.release(true)))
  assert.equal(readdirSync(folder).sort(), ['w0', 'w1'])
  assert.equal(
    names.flatMap(({ notes }) => notes),
    [],
  )
})

inFolder(
  'a name of the machine whose account may not renew the lock relies on the name that does',
  async (folder, file) => {
    const may = someone(folder, { run: 'same' })
    const { exec } = connectLocal(me)
    const mayNot = someone(folder, {
      run: 'same',
      connection: { exec: (script, options) => exec(join([raw('touch() { return 1; }'), script]), options) },
    })
    await may.write('a')
    await mayNot.write('b')
    mayNot.clock.ms = 40_000
    ageFile(file, 20)
    assert.is(await mayNot.write('c'), 0)
    mayNot.clock.ms = 80_000
    ageFile(file, 40)
    assert.is((await refused(mayNot.write('d'))).code, 'lock-failed')
  },
)

inFolder('after a start of the host another may be quicker', async (folder, file) => {
  let boot = 'first'
  let quicker = async (): Promise<unknown> => undefined
  const { exec } = before('taking the lock', () => quicker())
  const alice = someone(folder, { connection: { exec: (script, options) => exec(atBoot(boot, script), options) } })
  await alice.write('a')
  rmSync(file)
  boot = 'second'
  quicker = () => someone(folder, { owner: 'bob@desk' }).write('b')
  const finding = await refused(alice.write('c'))
  assert.is(finding.code, 'lock-lost')
  assert.match(finding.message, 'bob@desk')
})

inFolder('a lock that somebody removed is not ours any more', async (folder, file) => {
  const alice = someone(folder)
  await alice.write('a')
  rmSync(file)
  const finding = await refused(alice.write('b'))
  assert.is(finding.code, 'lock-lost')
  assert.match(finding.message, 'somebody has removed it')
})

inFolder('an exit code of the script that is the same as that of the fence is its own', async (folder) => {
  const alice = someone(folder)
  let sent = 0
  const { code } = await alice.lock.guard(undefined, (fence) => {
    sent++
    return alice.connection.exec(raw(`exit ${fenced}`), { fence })
  })
  assert.equal([code, sent], [fenced, 1])
  assert.is(await alice.write('a'), 0)
})

inFolder('the fence leaves a script as it is', async (folder) => {
  const alice = someone(folder)
  const script = raw('set -eu; printf "%s|" "$#" "${__k-unset}" "$-"; read -r x && echo "$x" || echo nothing')
  const run = (fence?: Script) => alice.connection.exec(fence ? join([fence, script]) : script)
  const { stdout } = await alice.lock.guard(undefined, run)
  assert.is(stdout.toString(), (await run()).stdout.toString())
})

inFolder('a file is not written when the lock is not ours', async (folder) => {
  const alice = someone(folder)
  await alice.write('a')
  await someone(folder, { owner: 'bob@desk', takeOver: true }).write('b')
  let error: unknown
  await refused(
    alice.lock.guard(undefined, async (fence) => {
      error = await alice.connection
        .put(path.join(folder, 'c'), 'x'.repeat(1_000_000), { mode: 0o600, fence })
        .catch((one) => one)
      return { code: fenced }
    }),
  )
  assert.is((error as TaskError).code, 'not-ours')
  assert.equal(readdirSync(folder).sort(), ['a', 'ametys-rocketchat.lock', 'b'])
})

inFolder('a lost link leaves the lock, and the end of the run does not go after it', async (folder, file) => {
  const alice = someone(folder)
  await alice.write('a')
  const { shell: trips } = alice.connection.traffic
  await alice.lock.release(false)
  assert.is(alice.connection.traffic.shell, trips)
  assert.is(owns(file), 'alice@laptop')
})

inFolder('a lock that cannot be given back is told', async (folder) => {
  let broken = false
  const real = connectLocal(me)
  const alice = someone(folder, {
    connection: {
      exec: async (script, options) => {
        if (broken) throw new ConnectError(problem('link-lost', 'the link was lost'))
        return real.exec(script, options)
      },
    },
  })
  await alice.write('a')
  broken = true
  await alice.lock.release(true)
  assert.is(alice.notes[0]?.code, 'lock-left')
})

inFolder('a lock whose answer was lost is given back as well', async (folder) => {
  const real = connectLocal(me)
  const alice = someone(folder, {
    connection: {
      exec: async (script, options) => {
        const output = await real.exec(script, options)
        if (options?.what === 'taking the lock') throw new ConnectError(problem('link-lost', 'the link was lost'))
        return output
      },
    },
  })
  let error: unknown
  await alice.write('a').catch((one: unknown) => {
    error = one
  })
  assert.instance(error, ConnectError)
  assert.equal(readdirSync(folder), ['ametys-rocketchat.lock'])
  await alice.lock.release(true)
  assert.equal(readdirSync(folder), [])
})

test.run()

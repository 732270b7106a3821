import { rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectError, problem, TaskError } from '../../../lib/core/diagnostic.ts'
import type { Io } from '../../../lib/core/module.ts'
import pause from '../../../tasks/flow/pause.ts'
import ping from '../../../tasks/system/ping.ts'
import reboot from '../../../tasks/system/reboot.ts'
import waitFor from '../../../tasks/system/wait_for.ts'
import waitForConnection from '../../../tasks/system/wait_for_connection.ts'
import { fakeIo } from '../../fakes/io.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, context, perform } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/system/wait_for')

test.before.each(async (my) => {
  my.world = await localShell()
})
test.after.each((my) => my.world.remove())

/** The world with real connections on loopback; waiting for an answer takes a moment only. */
const dialing = (world: LocalShell): LocalShell => {
  const dial: Io['dial'] = async (target) => {
    const { connect } = await import('node:net')
    return new Promise<Socket>((resolve, reject) => {
      const socket = connect('port' in target ? { host: target.host, port: target.port } : { path: target.socket })
      socket.once('connect', () => resolve(socket))
      socket.once('error', (error) => reject(new TaskError(problem('dial-refused', error.message))))
    })
  }
  return {
    ...world,
    io: { ...world.io, dial, pause: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 200))) },
  }
}

const listening = async (
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<{ server: Server; port: number }> => {
  const server = createServer(onConnection)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as { port: number }).port }
}

test('a file that is there needs no waiting', async ({ world }) => {
  const path = `${world.folder}/f`
  await writeFile(path, 'pid 7\nready\n')
  assert.is((await perform(waitFor, { path }, world)).changes.length, 0)
  const run = await perform(waitFor, { path, search_regex: '^pid (?P<pid>\\d+)$' }, world)
  assert.is(run.changes.length, 0)
  assert.equal(run.values.match_groups, ['7'])
  assert.equal(run.values.match_groupdict, { pid: '7' })
})

test('waits until a file is there, says something, or is gone', async ({ world }) => {
  const path = `${world.folder}/f`
  let looks = 0
  const slow: LocalShell = {
    ...world,
    io: {
      ...world.io,
      sh: async (script, options) => {
        looks++
        if (looks === 2) await writeFile(path, 'ready')
        if (looks === 5) await rm(path)
        return world.io.sh(script, options)
      },
    },
  }
  const run = await perform(waitFor, { path, search_regex: 'ready' }, slow)
  assert.not(run.changed)
  assert.is(looks, 2)
  await perform(waitFor, { path, state: 'absent' }, slow)
  assert.is(looks, 5)
})

test('a port that answers needs no waiting, one that does not is dialled', async ({ world }) => {
  const { server, port } = await listening()
  try {
    assert.is((await perform(waitFor, { port }, world)).changes.length, 0)
    const error = await perform(waitFor, { port, state: 'stopped', timeout: 0 }, dialing(world)).catch(
      (thrown) => thrown,
    )
    assert.is(error.code, 'deadline-passed')
    assert.match(error.diagnostics[0].detail, 'it answers')
  } finally {
    server.close()
  }
  const run = await perform(waitFor, { port, state: 'stopped' }, dialing(world))
  assert.not(run.changed)
  const never = await perform(waitFor, { port, timeout: 0, msg: 'no server' }, dialing(world)).catch((thrown) => thrown)
  assert.is(never.message, 'no server')
})

test('what a port says can be waited for', async ({ world }) => {
  const { server, port } = await listening((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
  try {
    const run = await perform(waitFor, { port, search_regex: 'OpenSSH_(\\d+)' }, dialing(world))
    assert.equal(run.values.match_groups, ['9'])
    const error = await perform(waitFor, { port, search_regex: 'dropbear', timeout: 0 }, dialing(world)).catch(
      (thrown) => thrown,
    )
    assert.match(error.diagnostics[0].detail, 'OpenSSH')
  } finally {
    server.close()
  }
})

test('waits for connections to end', async ({ world }) => {
  const table = (state: string) =>
    `  sl  local_address rem_address   st\n   0: 0100007F:0BB8 0100007F:C350 ${state} 00000000:00000000\n`
  const args = argsOf(waitFor, { port: 3000, state: 'drained' })
  const { read } = waitFor.probe(args, context)
  const answer = (state: string) => read([{ ok: true, code: 0, text: table(state), errors: '' }])
  assert.equal([answer('01')?.done, answer('0A')?.done], [false, true])
  assert.ok(world)
})

for (const [title, local, remote, more, done] of [
  ['an address that is not asked about', '0A00020F', '0100007F', {}, true],
  ['any address of the host', '0A00020F', '0100007F', { host: '0.0.0.0' }, false],
  ['a client that does not count', '0100007F', '0A0200C0', { exclude_hosts: ['192.0.2.10'] }, true],
  ['a client by name that does not count', '0100007F', '0B0200C0', { exclude_hosts: 'proxy,other' }, true],
  [
    'an IPv4 client in the table of IPv6',
    '0000000000000000FFFF00000100007F',
    '0000000000000000FFFF00000A0200C0',
    {},
    false,
  ],
  ['an IPv6 address', 'B80D0120000000000000000001000000', '0'.repeat(32), { host: '2001:db8::1' }, false],
] as const) {
  test(`drained and ${title}`, () => {
    const args = argsOf(waitFor, { port: 3000, state: 'drained', ...more })
    const table = `   0: ${local}:0BB8 ${remote}:C350 01 00000000:00000000\n== 127.0.0.1\n127.0.0.1\n== proxy\n192.0.2.11\n`
    const seen = waitFor.probe(args, context).read([{ ok: true, code: 0, text: table, errors: '' }])
    assert.is(seen?.done, done)
  })
}

test('what it gives up on has its values', async ({ world }) => {
  const path = `${world.folder}/none`
  const error = await perform(waitFor, { path, timeout: 0, search_regex: 'x' }, world).catch((thrown) => thrown)
  assert.equal(error.values, { elapsed: 0, msg: `Timeout when waiting for search string x in ${path}` })
})

for (const [written, argument] of [
  [{ path: '/x', state: 'drained' }, 'state'],
  [{ path: '/x', state: 'stopped' }, 'state'],
  [{ port: 1, exclude_hosts: ['a'] }, 'exclude_hosts'],
  [{ port: 1, state: 'drained', active_connection_states: ['OPEN'] }, 'active_connection_states'],
] as const) {
  test(`refuses ${JSON.stringify(written)}`, () => {
    assert.equal(
      (waitFor.validate?.(argsOf(waitFor, written), context) ?? []).map((one) => one.path[0]),
      [argument],
    )
  })
}

test('delays, and waits for nothing but time', async ({ world }) => {
  await perform(waitFor, { timeout: 7 }, world)
  await writeFile(`${world.folder}/f`, '')
  await perform(waitFor, { path: `${world.folder}/f`, delay: 3 }, world)
  assert.equal(
    world.io.calls.filter((call) => 'pause' in call),
    [{ pause: 7000 }, { pause: 3000 }],
  )
})

test('waits for the host itself', async () => {
  let tries = 0
  const io = fakeIo({
    reconnect: async () => {
      if (++tries < 3) throw new ConnectError(problem('unreachable', 'no route to host'))
    },
  })
  const run = await perform(waitForConnection, { delay: 1 }, { io, ask: async () => [] })
  assert.not(run.changed)
  assert.is(tries, 3)
})

const rebooting = (ids: readonly string[]) => {
  let asked = 0
  return fakeIo({
    sh: (script) => (script.startsWith('cat /proc') ? (ids[Math.min(asked++, ids.length - 1)] ?? '') : ''),
    reconnect: async () => {
      if (asked === 1) {
        asked++
        throw new ConnectError(problem('unreachable', 'gone'))
      }
    },
  })
}

test('restarts the host and waits for another boot', async () => {
  const io = rebooting(['one', '', 'one', 'two'])
  const run = await perform(reboot, { msg: "it's time" }, { io, ask: async () => [] })
  assert.ok(run.changed)
  assert.is(run.values.rebooted, true)
  assert.match(JSON.stringify(io.calls), /sleep 2; PATH=.* shutdown -r now /)
})

test('a host that does not restart is an error', async () => {
  const error = await perform(reboot, {}, { io: rebooting(['one']), ask: async () => [] }).catch((thrown) => thrown)
  assert.is(error.code, 'host-not-back')
})

test('ping asks a shell', async ({ world }) => {
  assert.equal((await perform(ping, {}, world)).values, { ping: 'pong' })
  assert.is((await perform(ping, { data: 'crash' }, world).catch((thrown) => thrown)).message, 'boom')
})

test('pause waits, and never for a person', async ({ world }) => {
  const run = await perform(pause, { minutes: 2 }, world)
  assert.not(run.changed)
  assert.equal(world.io.calls, [{ pause: 120_000 }])
  const findings = (written: { readonly [key: string]: unknown }) =>
    pause.validate?.(argsOf(pause, written), context).map((one) => one.diagnostic.code)
  assert.equal(findings({ prompt: 'Go on?' }), ['pause-without-end'])
  assert.equal(findings({}), ['pause-without-end'])
  assert.equal(findings({ prompt: 'Soon', seconds: 1 }), [])
})

test.run()

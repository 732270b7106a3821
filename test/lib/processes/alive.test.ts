import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { alive, aliveSince } from '../../../lib/processes/alive.ts'

const test = suite('lib/processes/alive')

test('a process that runs is alive, one that is gone is not', async () => {
  assert.is(alive(process.pid), true)
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(child, 'close')
  assert.is(alive(child.pid ?? 0), false)
})

test('a process that was killed and waits for its parent to notice is not alive', async () => {
  if (process.platform !== 'linux') return
  // A shell that has become `sleep` never asks how its child ended, which waits for that to end.
  const child = 'until [ "$(cat /proc/$PPID/comm)" = sleep ]; do :; done'
  const parent = spawn('sh', ['-c', `sh -c '${child}' & echo $!; exec sleep 5`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pid = Number(String(line))
    for (let tries = 0; alive(pid); tries++) {
      assert.ok(tries < 100, 'it counts as alive')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.is(process.kill(pid, 0), true)
  } finally {
    parent.kill('SIGKILL')
  }
})

test('a process that was started later than that only has the number', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const pid = child.pid ?? 0
  try {
    const now = Date.now()
    assert.is(aliveSince(pid, new Date(now).toISOString()), true)
    assert.is(aliveSince(pid, new Date(now + 3_600_000).toISOString()), true)
    assert.is(aliveSince(pid, new Date(now - 10_000).toISOString()), false)
    assert.is(aliveSince(pid, 'no time'), true)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  assert.is(aliveSince(pid, new Date().toISOString()), false)
})

test.run()

import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hold } from '../../../lib/sandbox/hold.ts'
import { describeSandbox, serveSandbox } from '../../../lib/sandbox/serve.ts'
import { temporaryFolder } from './machine/fixture.ts'

const test = suite('lib/sandbox/serve')

test('says how to reach the machines until it is told to stop', async () => {
  const { folder, remove } = temporaryFolder()
  const state = join(folder, '.sandbox')
  const stop = new AbortController()
  let text = ''
  const print = (piece: string) => {
    text += piece
    if (text.includes('Ctrl-C')) stop.abort()
  }
  await serveSandbox({ folder: state, hosts: ['chat.example.org'], print, stopping: stop.signal })
  assert.match(text, /^chat\.example\.org\n {2}a command {2}ssh -p \d+ -i \S+client -o UserKnownHostsFile=\S+ /)
  assert.match(
    describeSandbox(state, ['chat.example.org']),
    /^machines: chat\.example\.org\n[^\n]+\nNobody uses it now/,
  )
  remove()
})

test('says what there is', () => {
  const { folder, remove } = temporaryFolder()
  const state = join(folder, 'state')
  assert.match(describeSandbox(state, ['a', 'b']), /^machines: a, b\n[^\n]+\nNothing is there yet/)
  const release = hold(state)
  assert.match(describeSandbox(state, ['a']), new RegExp(`In use by process ${process.pid} since \\d{4}-`))
  release()
  assert.match(describeSandbox(state, ['a']), /Nobody uses it now/)
  remove()
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { howItEnded } from '../../../lib/connect/ending.ts'
import { newFrame } from '../../../lib/connect/frame.ts'
import type { Shell } from '../../../lib/connect/launch.ts'
import type { Session } from '../../../lib/connect/session.ts'
import type { Exit } from '../../../lib/connect/transport.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'

const test = suite('lib/connect/ending')

/** The code of a script whose shell ended like this before it had begun with it. */
function codeOf(exit: Exit): string {
  const mute = { noise: '', after: '', opened: false, pid: undefined, code: undefined }
  const session = { frame: newFrame(), exit, out: mute, err: mute } as unknown as Session
  const shell = { transport: { label: 'web1', user: 'root', lost: undefined } } as unknown as Shell
  try {
    howItEnded(shell, session, { what: 'a script' })
  } catch (error) {
    if (error instanceof ToolError) return error.code
    throw error
  }
  return 'none'
}

test('a shell that says how it ended refused the script; one that says nothing went down with its link', () => {
  assert.is(codeOf({ code: 1 }), 'no-shell')
  assert.is(codeOf({ signal: 'SIGKILL' }), 'no-shell')
  assert.is(codeOf({}), 'link-lost')
})

test.run()

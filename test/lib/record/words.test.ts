import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { auditLine } from '../../../lib/record/audit-line.ts'
import { shownCommand } from '../../../lib/record/command.ts'

const test = suite('lib/record/words')

const check = (words: readonly string[], expected: string) =>
  test(`kept: ${expected}`, () => assert.is(shownCommand('install', words), `install ${expected}`))

check(['-i', 'prod', '--check'], '-i prod --check')
check(['-e', 'db_password=hunter22', '-e', 'colour=red'], "-e 'db_password=<hidden>' -e colour=red")
check(['--extra-vars=api_token=abc'], "'--extra-vars=api_token=<hidden>'")
check(['-eapi_token=abc'], "'-eapi_token=<hidden>'")
check(['-De', 'secret=abc'], "-De 'secret=<hidden>'")
check(['-e', '{"a": {"Password": "abc"}, "b": 1}'], `-e '{"a":{"Password":"<hidden>"},"b":1}'`)
check(['-e', '{a: {password: abc}}'], "-e '<hidden>'")
check(['-e', 'a=1 db_pass=abc b=2'], "-e '<hidden>'")
check(['-e', '@vars.yml'], '-e @vars.yml')

test('the line on the host is one line of words, whatever the names', () => {
  const line = auditLine({
    at: '2026-01-01T12:00:00.000Z',
    by: 'ada as root@here',
    playbook: 'a\nb changed=99.yml',
    inventory: '\u2028é\ud800',
    run: '1a2b3c4d',
    tip: { n: 7, chain: 'f00' },
    stats: { ok: 1, changed: 2, unreachable: 0, failed: 1, skipped: 0, rescued: 0, ignored: 0, unknown: 0 },
  })
  assert.is(
    line,
    '2026-01-01T12:00:00.000Z run=1a2b3c4d by=ada%20as%20root@here playbook=a%0Ab%20changed%3D99.yml ' +
      'inventory=%E2%80%A8%C3%A9%EF%BF%BD changed=2 failed=1 record=7:f00',
  )
})

test.run()

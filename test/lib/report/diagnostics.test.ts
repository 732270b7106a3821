import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problem } from '../../../lib/core/diagnostic.ts'
import { paint } from '../../../lib/report/colours.ts'
import { cardLines } from '../../../lib/report/diagnostics.ts'

const test = suite('lib/report/diagnostics')

test('a card says whether it tells of a failure or of a warning', () => {
  const found = problem('disk-low', '3 GiB are free', { mend: 'free some' })
  const rest = ['    where  site.yml:5:7', '    mend   free some', '    code   disk-low']
  assert.equal(cardLines(found, 'site.yml:5:7', paint(false)), ['    what   3 GiB are free', ...rest])
  const warning = { ...found, severity: 'warning' as const }
  assert.equal(cardLines(warning, 'site.yml:5:7', paint(false)), ['    warn   3 GiB are free', ...rest])
})

test.run()

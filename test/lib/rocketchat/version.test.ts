import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { catalogueOf } from '../../../lib/rocketchat/catalogue.ts'
import { bypassIsBroken, has, parseVersion, type Version, versionText } from '../../../lib/rocketchat/version.ts'

const test = suite('lib/rocketchat/version')
const version = (text: string): Version => parseVersion(text) as Version

test('versions are read as servers and people write them', () => {
  for (const [text, shown] of [
    ['8.6.1', '8.6.1'],
    ['8.6', '8.6'],
    ['6.14.0-develop', '6.14.0'],
    [' 7.13.9 ', '7.13.9'],
    ['10.0', '10.0'],
  ] as const)
    assert.is(versionText(version(text)), shown)
  for (const text of ['', 'latest', 'v8', '8']) assert.is(parseVersion(text), undefined)
})

test('what differs between versions begins where the sources say', () => {
  for (const [feature, before, from] of [
    ['withoutViewHistory', '6.14.0', '7.0.0'],
    ['statisticsRestriction', '6.14.0', '7.0.0'],
    ['livez', '7.10.12', '7.11.0'],
    ['bulkSettings', '8.5.9', '8.6.0'],
    ['notFoundIs404', '8.5.9', '8.6.0'],
    ['usersCreateSecondFactor', '8.7.4', '8.8.0'],
  ] as const) {
    assert.is(has(version(before), feature), false, before)
    assert.is(has(version(from), feature), true, from)
    assert.is(has(version('10.1'), feature), true)
  }
})

test('tokens fail to bypass the second factor in 8.5 alone', () => {
  const broken = ['6.14.0', '7.13.9', '8.4.9', '8.5.0', '8.5.7', '8.6.0', '9.0.0'].filter((text) =>
    bypassIsBroken(version(text)),
  )
  assert.equal(broken, ['8.5.0', '8.5.7'])
})

test('a version that was recorded is judged by itself, another by its neighbours', () => {
  for (const [text, name] of [
    ['6.14', '6.14.0'],
    ['8.6.1', '8.6.1'],
    ['8.6.4', '8.6.4, judged by 8.6.1'],
    ['7.2.0', '7.2.0, judged by 6.14.0 and 8.6.1'],
    ['5.4.0', '5.4.0, judged by 6.14.0'],
    ['9.0.0', '9.0.0, judged by 8.6.1'],
  ] as const)
    assert.is(catalogueOf(version(text)).name, name)
  assert.ok(catalogueOf(version('6.14')).setting('OTR_Enable'))
  assert.is(catalogueOf(version('8.6.1')).setting('OTR_Enable'), undefined)
  assert.ok(catalogueOf(undefined).setting('OTR_Enable'))
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { registry } from '../../../../lib/sandbox/programs/registry.ts'

const test = suite('lib/sandbox/programs/registry')
const digest = `sha256:${'0'.repeat(64)}`

const check = (reference: string, expected: 'there' | 'no-tag' | 'no-repository') =>
  test(`${reference}: ${expected}`, async () => {
    const answer = await registry(reference, undefined)
    assert.is(typeof answer === 'object' ? 'there' : answer, expected)
  })

check('rocket.chat:8.6.1', 'there')
check('registry.rocket.chat/rocketchat/rocket.chat:6.14.0', 'there')
check('registry.example.org:5000/rocketchat/rocket.chat:7.13.9', 'there')
check('rocketchat/rocket.chat:5.0.0', 'no-tag')
check('rocketchat/rocket.chat:8.6.1.2', 'no-tag')
check(`rocketchat/rocket.chat@${digest}`, 'there')
check('mongo:8.0.17', 'there')
check('mongo:7', 'there')
check('mongo:9.0', 'no-tag')
check('mongodb/mongodb-community-server:8.2-ubi8', 'there')
check('caddy:2.8-alpine', 'there')
check('caddy:1', 'no-tag')
check('notmongo:8.0', 'no-repository')
check('example/app:1', 'no-repository')

test('an image named by digest has that digest', async () => {
  const answer = await registry(`mongo@${digest}`, undefined)
  assert.is(typeof answer === 'object' && answer.digest, digest)
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import externalProxy from '../../../tasks/tls/external_proxy.ts'
import { argsOf } from '../../fakes/task.ts'

const test = suite('tasks/tls/external_proxy')

const words = (more: { readonly [name: string]: unknown } = {}) =>
  externalProxy.result?.(
    argsOf(externalProxy, {
      url: 'https://chat.example.org',
      address: '192.0.2.10:3000',
      forwarded_count: 1,
      max_upload: 104_857_600,
      ...more,
    }),
    undefined,
  )?.message ?? ''

test('says where to, with which headers, and how much', () => {
  const said = words()
  for (const one of [
    /ends https for chat\.example\.org and forwards everything to http:\/\/192\.0\.2\.10:3000/,
    /X-Forwarded-Proto +https/,
    /X-Forwarded-For +the address of the browser, in place of/,
    /Upgrade and Connection, at \/websocket and \/sockjs\//,
    /at least 101 MiB/,
    /port 80 sends browsers to https/,
  ])
    assert.match(said, one)
})

test('counts proxies, knows that there may be no limit, and that http needs no redirect', () => {
  assert.match(words({ forwarded_count: 2 }), /each of the 2 proxies adds/)
  assert.match(words({ max_upload: -1 }), /size of a request +any/)
  assert.not.match(words({ url: 'http://chat.example.org' }), /port 80/)
})

test.run()

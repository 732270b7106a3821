import { createHash } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ApiError, ToolError } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { type Arrived, chatServer, type Opened, openClient, type Said, signedIn } from '../../fakes/chat-server.ts'

const test = suite('lib/rocketchat/client')

interface Scene extends Opened {
  readonly arrived: readonly Arrived[]
}

/** A client against a hand-made server that signs in with a password, unless `say` says otherwise. */
async function scene(
  say: (request: string, arrived: Arrived) => Said | undefined,
  work: (scene: Scene) => Promise<void>,
  more: Parameters<typeof openClient>[1] = {},
) {
  const server = await chatServer(
    (request, arrived) => say(request, arrived) ?? (request === 'POST /api/v1/login' ? signedIn : {}),
  )
  const opened = openClient(server.url, more)
  try {
    await work({ ...opened, arrived: server.arrived })
  } finally {
    await opened.api.close()
    await server.close()
  }
}

const asked = (arrived: readonly Arrived[]) => arrived.map(({ method, path }) => `${method} ${path}`)

async function refusedWith(code: string, work: () => Promise<unknown>): Promise<ToolError> {
  try {
    await work()
  } catch (error) {
    assert.instance(error, ToolError)
    assert.is((error as ToolError).code, code, String((error as ToolError).diagnostics[0]?.message))
    return error as ToolError
  }
  throw new Error(`should have been refused with ${code}`)
}

test('signs in once for many questions asked at a time, with the digest of the password, and out at the end', () =>
  scene(
    () => undefined,
    async ({ api, arrived }) => {
      await Promise.all([
        api.get('/api/v1/settings?count=0', 'session'),
        api.get('/api/info', 'session'),
        api.get('/api/v1/permissions.listAll', 'session'),
      ])
      assert.is(asked(arrived).filter((one) => one === 'POST /api/v1/login').length, 1)
      assert.equal(arrived[0]?.body, {
        user: 'admin',
        password: { digest: createHash('sha256').update('pass').digest('hex'), algorithm: 'sha-256' },
      })
      assert.is(arrived[1]?.headers['x-user-id'], 'u1')
      assert.is(arrived[1]?.headers['x-auth-token'], 'session-token')
      await api.close()
      assert.is(asked(arrived).at(-1), 'POST /api/v1/logout')
    },
  ))

test('no request carries an Origin header, and the address without credentials none of those', () =>
  scene(
    () => undefined,
    async ({ api, arrived }) => {
      await api.get('/api/info', 'nobody')
      await api.request('POST', '/api/v1/settings/Site_Name', { value: 'x' })
      assert.is(arrived[0]?.headers['x-auth-token'], undefined)
      for (const { headers } of arrived) assert.is(headers.origin, undefined)
    },
  ))

const marked = [
  '/api/v1/settings/Site_Name',
  '/api/v1/settings',
  '/api/v1/users.update',
  '/api/v1/users.generatePersonalAccessToken',
  '/api/v1/users.removePersonalAccessToken',
  '/api/v1/users.2fa.disableEmail',
  '/api/v1/users.create',
]
const unmarked = [
  '/api/v1/permissions.update',
  '/api/v1/roles.addUserToRole',
  '/api/v1/method.call/authorization:addPermissionToRole',
]

test('the password proves the second factor on the routes that may ask for it, and goes nowhere else', () =>
  scene(
    () => undefined,
    async ({ api, arrived }) => {
      for (const path of [...marked, ...unmarked]) await api.request('POST', path, {})
      await api.get('/api/v1/settings/Site_Name', 'session')
      const digest = createHash('sha256').update('pass').digest('hex')
      for (const { method, path, headers } of arrived) {
        const proves = method === 'POST' && marked.includes(path)
        assert.is(headers['x-2fa-method'], proves ? 'password' : undefined, path)
        assert.is(headers['x-2fa-code'], proves ? digest : undefined, path)
      }
    },
  ))

const kept = { ametys_token: 'kept-token', ametys_user_id: 'u1' }
const administrator = { body: { success: true, _id: 'u1', username: 'Admin', emails: [] } }

test('the kept token is used when the server knows it as that of the administrator; it is not ended, and needs no second factor', () =>
  scene(
    (request) => (request === 'GET /api/v1/me' ? administrator : undefined),
    async ({ api, arrived }) => {
      await api.request('POST', '/api/v1/settings/Site_Name', { value: 'x' })
      assert.is(arrived[1]?.headers['x-auth-token'], 'kept-token')
      assert.is(arrived[1]?.headers['x-2fa-code'], undefined)
      await api.close()
      assert.equal(asked(arrived), ['GET /api/v1/me', 'POST /api/v1/settings/Site_Name'])
    },
    { secrets: kept },
  ))

test('a token that lacks the bypass flag proves itself with the password when the server asks for that, and for that only', async () => {
  for (const [method, status] of [
    ['password', 200],
    ['email', 400],
  ] as const) {
    const demand = {
      status: 400,
      body: { success: false, errorType: 'totp-required', error: 'TOTP Required [totp-required]', details: { method } },
    }
    await scene(
      (request, { headers }) => {
        if (request === 'GET /api/v1/me') return administrator
        return request.includes('/settings/') && headers['x-2fa-code'] === undefined ? demand : undefined
      },
      async ({ api, arrived }) => {
        const answer = await api
          .request('POST', '/api/v1/settings/Site_Name', { value: 'x' })
          .catch((error: ApiError) => ({ code: error.status }))
        assert.is(answer.code, status)
        assert.is(arrived.length, method === 'password' ? 3 : 2)
      },
      { secrets: kept },
    )
  }
})

test('what the sign-in heard about the account is not asked again until something was written', () =>
  scene(
    (request) => (request === 'GET /api/v1/me' ? administrator : undefined),
    async ({ api, arrived }) => {
      const [session, token] = await Promise.all([api.get('/api/v1/me', 'session'), api.get('/api/v1/me', 'token')])
      assert.ok(session.ok && token.ok)
      assert.is(arrived.length, 1)
      await api.request('POST', '/api/v1/permissions.update', {})
      await api.get('/api/v1/me', 'session')
      assert.is(arrived.length, 3)
    },
    { secrets: kept },
  ))

for (const [title, me] of [
  ['is revoked', { status: 401, body: { status: 'error', message: 'You must be logged in to do this.' } }],
  ['belongs to another account', { body: { success: true, _id: 'u2', username: 'somebody' } }],
] as const) {
  test(`a kept token that ${title} gives way to the password`, () =>
    scene(
      (request, { headers }) =>
        request === 'GET /api/v1/me' && headers['x-auth-token'] === 'kept-token' ? me : undefined,
      async ({ api, arrived }) => {
        assert.ok((await api.get('/api/v1/settings', 'session')).ok)
        assert.equal(asked(arrived), ['GET /api/v1/me', 'POST /api/v1/login', 'GET /api/v1/settings'])
      },
      { secrets: kept },
    ))
}

test('a session that ends in the middle is opened anew, once', () => {
  let settings = 0
  return scene(
    (request) =>
      request === 'GET /api/v1/settings' && settings++ === 0 ? { status: 401, body: { success: false } } : undefined,
    async ({ api, arrived }) => {
      assert.ok((await api.get('/api/v1/settings', 'session')).ok)
      assert.equal(asked(arrived), [
        'POST /api/v1/login',
        'GET /api/v1/settings',
        'POST /api/v1/login',
        'GET /api/v1/settings',
      ])
    },
  )
})

test('a server that never accepts is not asked for ever', () =>
  scene(
    (request) =>
      request === 'GET /api/v1/settings' ? { status: 401, body: { success: false, message: 'no' } } : undefined,
    async ({ api, arrived }) => {
      assert.is((await api.get('/api/v1/settings', 'session')).code, 401)
      assert.is(arrived.length, 4)
    },
  ))

for (const [version, body] of [
  ['6', { status: 'error', error: 403, message: 'Incorrect password' }],
  ['8', { success: false, status: 'error', error: 'Unauthorized', message: 'Unauthorized' }],
  ['9', { success: false, error: 'unauthorized' }],
] as const) {
  test(`a wrong password is said to be one (body of ${version}.x), and is sent once only`, () =>
    scene(
      (request) => (request === 'POST /api/v1/login' ? { status: 401, body } : undefined),
      async ({ api, arrived }) => {
        const error = await refusedWith('api-unauthorized', () => api.get('/api/v1/settings', 'session'))
        assert.match(String(error.diagnostics[0]?.mend), /rocketchat_admin_password/)
        await refusedWith('api-unauthorized', () => api.get('/api/v1/me', 'session'))
        assert.is(arrived.length, 1, 'ten wrong ones block the account')
      },
    ))
}

test('a blocked account says how long to wait', () =>
  scene(
    (request) =>
      request === 'POST /api/v1/login'
        ? { status: 401, body: { status: 'error', error: 'error-login-blocked-for-user', message: 'blocked' } }
        : undefined,
    async ({ api }) => {
      const error = await refusedWith('api-unauthorized', () => api.get('/api/v1/me', 'session'))
      assert.match(String(error.diagnostics[0]?.mend), /five minutes/)
    },
  ))

for (const [method, words] of [
  ['totp', /authenticator app/],
  ['email', /codes sent by mail/],
] as const) {
  test(`an account with a second factor of its own (${method}) is refused before anything is written`, () =>
    scene(
      (request) =>
        request === 'POST /api/v1/login'
          ? {
              status: 401,
              body: { status: 'error', error: 'totp-required', message: 'TOTP Required', details: { method } },
            }
          : undefined,
      async ({ api, arrived }) => {
        const error = await refusedWith('second-factor-in-the-way', () =>
          api.request('POST', '/api/v1/settings/Site_Name', { value: 'x' }),
        )
        assert.match(String(error.diagnostics[0]?.message), words)
        assert.equal(asked(arrived), ['POST /api/v1/login'])
      },
    ))
}

test('a server without its database is not taken for a wrong password', () =>
  scene(
    (request) =>
      request === 'POST /api/v1/login'
        ? { status: 401, body: { status: 'error', error: 'Error', message: { name: 'MongoServerSelectionError' } } }
        : undefined,
    async ({ api }) => {
      await refusedWith('server-without-database', () => api.get('/api/v1/me', 'session'))
    },
  ))

test('nothing to sign in with is said', () =>
  scene(
    () => undefined,
    async ({ api, arrived }) => {
      const error = await refusedWith('no-credentials', () => api.get('/api/v1/me', 'session'))
      assert.match(String(error.diagnostics[0]?.mend), /rocketchat_admin_password/)
      assert.is(arrived.length, 0)
    },
    { variables: { rocketchat_admin_password: null } },
  ))

test('a call that hangs is cut by the deadline, which says so and what it may be', () =>
  scene(
    (request) => (request === 'POST /api/v1/login' ? { hang: true } : undefined),
    async ({ api }) => {
      const error = await refusedWith('api-unreachable', () => api.get('/api/v1/me', 'session'))
      assert.match(String(error.diagnostics[0]?.message), /no answer to POST \/api\/v1\/login within 0\.2 s/)
      assert.match(String(error.diagnostics[0]?.mend), /database/)
    },
    { variables: { rocketchat_api_timeout: 0.2 } },
  ))

test('a run that is stopped cuts the call, and signs nobody out', async () => {
  const cut = new AbortController()
  await scene(
    (request) => (request === 'GET /api/v1/settings' ? { hang: true } : undefined),
    async ({ api, arrived }) => {
      const call = api.get('/api/v1/settings', 'session')
      setTimeout(() => cut.abort(new Error('stopped')), 30)
      await call.then(
        () => assert.unreachable(),
        (error: unknown) => assert.match(String(error), /stopped/),
      )
      await api.close()
      assert.equal(asked(arrived), ['POST /api/v1/login', 'GET /api/v1/settings'])
    },
    { signal: cut.signal },
  )
})

for (const [title, said, code, words] of [
  ['a page instead of the API', { body: '<html>Welcome</html>' }, 'not-the-api', /text\/html/],
  [
    'text that is no JSON',
    { body: 'oops', headers: { 'content-type': 'application/json' } },
    'not-the-api',
    /application\/json/,
  ],
  ['an error page of a proxy', { status: 502, body: '<h1>502</h1>' }, 'not-the-api', /502/],
  [
    'an address that this version lacks',
    { status: 404, body: '404 Not Found', headers: { 'content-type': 'text/plain' } },
    'not-the-api',
    /404/,
  ],
  [
    'a redirect',
    { status: 301, headers: { location: 'https://chat.example.org/' }, body: '' },
    'api-redirected',
    /https:\/\/chat\.example\.org/,
  ],
  [
    'a missing right, said by status',
    { status: 403, body: { success: false, error: 'unauthorized' } },
    'api-forbidden',
    /unauthorized/,
  ],
  [
    'a refusal with a code',
    {
      status: 400,
      body: { success: false, error: 'x [error-invalid-permission]', errorType: 'error-invalid-permission' },
    },
    'api-refused',
    /error-invalid/,
  ],
  ['a refusal without any reason', { status: 400, body: { success: false } }, 'api-refused', /refused \(400\)/],
  ['success that is none', { status: 200, body: { success: false, error: 'no' } }, 'api-refused', /no/],
  ['a crash', { status: 500, body: { success: false, error: 'Internal server error' } }, 'api-refused', /500/],
] as const) {
  test(`${title} is told as what it is`, () =>
    scene(
      (request) => (request === 'POST /api/v1/permissions.update' ? said : undefined),
      async ({ api, arrived }) => {
        const error = await refusedWith(code, () =>
          api.request('POST', '/api/v1/permissions.update', { permissions: [] }),
        )
        assert.match(String(error.diagnostics[0]?.message), words)
        assert.instance(error, ApiError)
        assert.is(asked(arrived).filter((one) => one.includes('permissions.update')).length, 1, 'it is not repeated')
      },
    ))
}

const slower =
  'Error, too many requests. Please slow down. You must wait 42 seconds before trying this endpoint again. [error-too-many-requests]'

test('the limiter is waited for as long as its text says, then the call is repeated', () => {
  let tries = 0
  return scene(
    (request) =>
      request === 'POST /api/v1/login' && tries++ === 0
        ? { status: 429, body: { success: false, error: slower } }
        : undefined,
    async ({ api, waits }) => {
      assert.ok((await api.get('/api/v1/settings', 'session')).ok)
      assert.equal(
        waits.map(([ms]) => ms),
        [43_000],
      )
      assert.match(String(waits[0]?.[1]), /rate limiter.*login/)
    },
  )
})

test('the limiter is waited for as long as its headers say when the text does not', () => {
  let tries = 0
  const reset = String(Date.parse('2026-11-22T09:00:17.000Z'))
  return scene(
    (request) =>
      request === 'GET /api/info' && tries++ === 0
        ? { status: 429, headers: { 'x-ratelimit-reset': reset }, body: { success: false } }
        : undefined,
    async ({ api, waits }) => {
      assert.ok((await api.get('/api/info', 'nobody')).ok)
      assert.equal(
        waits.map(([ms]) => ms),
        [17_000],
      )
    },
  )
})

test('a route that is known to be used up is not tried before its time', () => {
  const reset = String(Date.parse('2026-11-22T09:00:30.000Z'))
  return scene(
    () => ({ headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } }),
    async ({ api, waits }) => {
      await api.get('/api/info?a', 'nobody')
      await api.get('/api/v1/settings.public', 'nobody')
      assert.equal(waits, [])
      await api.get('/api/info?b', 'nobody')
      assert.equal(
        waits.map(([ms]) => ms),
        [30_000],
      )
    },
  )
})

const method = (error?: { readonly [name: string]: unknown }) =>
  JSON.stringify({ msg: 'result', id: '1', ...(error && { error }) })

for (const status of [200, 400]) {
  const said = (error: { readonly [name: string]: unknown }): Said => ({
    status,
    body: { success: status === 200, message: method(error) },
  })

  test(`a method that failed with status ${status} is an error`, () =>
    scene(
      (request) =>
        request.includes('method.call')
          ? said({ error: 'error-action-not-allowed', message: 'Not for you' })
          : undefined,
      async ({ api }) => {
        const error = await refusedWith('api-refused', () =>
          api.request('POST', '/api/v1/method.call/x', { message: '' }),
        )
        assert.match(String(error.diagnostics[0]?.message), /Not for you/)
        assert.is((error as ApiError).errorType, 'error-action-not-allowed')
      },
    ))

  test(`the limiter of methods is waited for (status ${status})`, () => {
    let tries = 0
    return scene(
      (request) => {
        if (!request.includes('method.call')) return undefined
        return tries++ === 0
          ? said({ error: 'too-many-requests', details: { timeToReset: 8200 } })
          : { body: { success: true, message: method() } }
      },
      async ({ api, waits }) => {
        await api.request('POST', '/api/v1/method.call/x', { message: '' })
        assert.equal(
          waits.map(([ms]) => ms),
          [9000],
        )
      },
    )
  })
}

test('a limiter that never lets through is not waited for without end', () =>
  scene(
    (request) => (request === 'GET /api/info' ? { status: 429, body: { success: false, error: slower } } : undefined),
    async ({ api, waits }) => {
      await refusedWith('api-rate-limited', () => api.get('/api/info', 'nobody'))
      assert.ok(waits.reduce((sum, [ms]) => sum + ms, 0) <= 180_000)
    },
  ))

test('a list that was cut is read on', () =>
  scene(
    (request) => {
      const found = /^GET \/api\/v1\/settings\?count=(\d+)(?:&offset=(\d+))?/.exec(request)
      if (!found) return undefined
      const from = Number(found[2] ?? 0)
      const settings = Array.from({ length: Math.min(100, 230 - from) }, (_, index) => ({ _id: `S${from + index}` }))
      return { body: { success: true, settings, count: settings.length, offset: from, total: 230 } }
    },
    async ({ api, arrived }) => {
      const { json } = await api.get('/api/v1/settings?count=0', 'session')
      const ids = (json as { settings: { _id: string }[] }).settings.map(({ _id }) => _id)
      assert.is(ids.length, 230)
      assert.is(new Set(ids).size, 230)
      assert.is(arrived.length, 4)
    },
  ))

test('secrets in a body are revealed on the wire alone', () =>
  scene(
    () => undefined,
    async ({ api, arrived }) => {
      await api.request('POST', '/api/v1/settings/SMTP_Password', { value: new Secret('hidden', 'smtp') })
      assert.equal(arrived[1]?.body, { value: 'hidden' })
    },
  ))

test('nothing listening is told with the address', async () => {
  const server = await chatServer(() => undefined)
  const { url } = server
  await server.close()
  const { api } = openClient(url)
  const error = await refusedWith('api-unreachable', () => api.get('/api/info', 'nobody'))
  assert.match(String(error.diagnostics[0]?.message), new RegExp(url))
  assert.match(String(error.diagnostics[0]?.mend), /nothing listens/)
  await api.close()
})

for (const [title, variables] of [
  ['an address that is none', { rocketchat_url: 'chat' }],
  ['another way than link and direct', { rocketchat_api_via: 'pigeon' }],
  ['a time that is no number', { rocketchat_api_timeout: 'long' }],
] as const) {
  test(`${title} is a mistake in the variables`, async () => {
    const { api } = openClient('http://127.0.0.1:9', { variables })
    await refusedWith('bad-variable', () => api.get('/api/info', 'nobody'))
    await api.close()
  })
}

test.run()

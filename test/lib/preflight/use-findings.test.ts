import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type ListedContainer,
  type Use,
  useFindings,
  type Wanted,
  wantedPort,
} from '../../../lib/preflight/use-findings.ts'

const test = suite('lib/preflight/use-findings')

const ours = { 'org.ametys.rocketchat.config': 'abc' }
const container = (name: string, more: Partial<ListedContainer> = {}): ListedContainer => ({
  Names: [`/${name}`],
  Image: 'example:1',
  State: 'running',
  Labels: {},
  Ports: [],
  Mounts: [],
  ...more,
})
const publishes = [{ IP: '127.0.0.1', PublicPort: 3000, Type: 'tcp' }]
const proxy = { address: '127.0.0.1', port: 3000, process: 'docker-proxy' }
const nothing: Use = { containers: [], volumes: [], listeners: [], info: undefined }
const wanted: Wanted = {
  containers: ['mongodb', 'rocketchat'],
  volumes: ['data'],
  ports: [wantedPort('127.0.0.1:3000')],
  apiPort: 3000,
  adopt: false,
}
const info = { ok: true, code: 200, text: '', errors: '', json: { version: '8.6', success: true } }

const table: readonly (readonly [title: string, Partial<Use>, string, Partial<Wanted>?])[] = [
  ['nothing there', {}, ''],
  [
    'what we made before',
    {
      containers: [container('rocketchat', { Labels: ours, Ports: publishes }), container('mongodb', { Labels: ours })],
      listeners: [proxy],
      info,
    },
    '',
  ],
  ['a container of the same name', { containers: [container('mongodb')] }, 'server-in-use'],
  ['the same, stopped', { containers: [container('rocketchat', { State: 'exited' })] }, 'server-in-use'],
  ['the same, adopted', { containers: [container('mongodb')] }, '', { adopt: true }],
  ['a container of another name', { containers: [container('web')] }, ''],
  ['another Rocket.Chat', { containers: [container('chat', { Image: 'rocket.chat:7.1.0' })] }, 'server-in-use'],
  [
    'another Rocket.Chat, adopted',
    { containers: [container('chat', { Image: 'a/rocket.chat' })] },
    '',
    { adopt: true },
  ],
  ['a foreign volume', { volumes: [{ Name: 'data', Labels: null }] }, 'server-in-use'],
  ['a foreign volume, adopted', { volumes: [{ Name: 'data' }] }, '', { adopt: true }],
  ['a volume of ours', { volumes: [{ Name: 'data', Labels: { 'org.ametys.rocketchat.volume': 'x' } }] }, ''],
  [
    'a volume that a container of ours mounts',
    {
      volumes: [{ Name: 'data' }],
      containers: [container('mongodb', { Labels: ours, Mounts: [{ Type: 'volume', Name: 'data' }] })],
    },
    '',
  ],
  ['a volume of another name', { volumes: [{ Name: 'other' }] }, ''],
  ['a program on the port', { listeners: [{ address: '127.0.0.1', port: 3000, process: 'node' }] }, 'port-taken'],
  ['a program on all addresses', { listeners: [{ address: '::', port: 3000, process: undefined }] }, 'port-taken'],
  ['a program on another address', { listeners: [{ address: '192.0.2.7', port: 3000, process: 'x' }] }, ''],
  ['a program on another port', { listeners: [{ address: '127.0.0.1', port: 3001, process: 'x' }] }, ''],
  [
    'adopting does not free a port',
    { listeners: [{ address: '127.0.0.1', port: 3000, process: 'x' }] },
    'port-taken',
    { adopt: true },
  ],
  ['a container on the port', { containers: [container('web', { Ports: publishes })] }, 'port-taken'],
  [
    'a container that is adopted gives its port up',
    { containers: [container('rocketchat', { Ports: publishes })], listeners: [proxy], info },
    '',
    { adopt: true },
  ],
  [
    'a Rocket.Chat that no container holds',
    { listeners: [{ address: '127.0.0.1', port: 3000, process: 'node' }], info },
    'server-in-use',
  ],
  [
    'something else that answers',
    { listeners: [{ address: '0.0.0.0', port: 3000, process: 'node' }], info: { ...info, json: undefined } },
    'port-taken',
  ],
]
for (const [title, use, expected, more] of table)
  test(`${title}: ${expected || 'fine'}`, () => {
    const found = useFindings({ ...nothing, ...use }, { ...wanted, ...more })
    assert.is(found.map((one) => one.code).join(', '), expected)
    for (const one of found) assert.ok((one.mend ?? '').length > 10)
  })

test('who holds the port is named', () => {
  const listeners = [{ address: '0.0.0.0', port: 3000, process: 'node' }]
  assert.is(
    useFindings({ ...nothing, listeners }, wanted)[0]?.message,
    'port 3000 is taken: the program node listens at 0.0.0.0',
  )
})

test.run()

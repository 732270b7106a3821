import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type ListedPlay, listText } from '../../../lib/report/lists.ts'

const test = suite('lib/report/lists')

const plays: readonly ListedPlay[] = [
  {
    name: 'Install Rocket.Chat',
    pattern: 'chat,db',
    tags: ['install'],
    hosts: ['chat.example.org', 'db.example.org'],
    tasks: [
      { name: 'Docker is installed', role: 'docker', tags: ['install', 'docker'] },
      { name: 'apt', tags: [] },
    ],
  },
  { name: 'all', pattern: 'all', tags: [], hosts: [], tasks: [] },
]
const nothing = { hosts: false, tasks: false, tags: false }

test('hosts', () => {
  assert.is(
    listText('site.yml', plays, { ...nothing, hosts: true }),
    `
playbook: site.yml

  play #1 (chat,db): Install Rocket.Chat\tTAGS: [install]
    pattern: ['chat', 'db']
    hosts (2):
      chat.example.org
      db.example.org

  play #2 (all): all\tTAGS: []
    pattern: ['all']
    hosts (0):
`,
  )
})

test('tasks', () => {
  assert.is(
    listText('site.yml', plays, { ...nothing, tasks: true }),
    `
playbook: site.yml

  play #1 (chat,db): Install Rocket.Chat\tTAGS: [install]
    tasks:
      docker : Docker is installed\tTAGS: [docker, install]
      apt\tTAGS: [install]


  play #2 (all): all\tTAGS: []
    tasks:

`,
  )
})

test('tags', () => {
  assert.is(
    listText('site.yml', plays, { ...nothing, tags: true }),
    `
playbook: site.yml

  play #1 (chat,db): Install Rocket.Chat\tTAGS: [install]
      TASK TAGS: [docker, install]


  play #2 (all): all\tTAGS: []
      TASK TAGS: []

`,
  )
})

test.run()

import type { Diagnostic } from '../../../lib/core/diagnostic.ts'
import { type Event, noStats, type Stats, type Status } from '../../../lib/core/event.ts'

/** An event, or milliseconds that pass before the next. */
export type Beat = Event | number

const chat = 'chat.example.org'
const db = 'db.example.org'
const place = (line: number): string => `playbooks/install.yml:${line}:7`

export const start = (more: Partial<Extract<Event, { kind: 'run.start' }>> = {}): Event => ({
  kind: 'run.start',
  format: 1,
  playbook: 'playbooks/install.yml',
  inventory: 'prod',
  hosts: [chat, db],
  check: false,
  diff: false,
  ...more,
})

export const play = (name: string, hosts: readonly string[] = [chat, db]): Event => ({
  kind: 'play.start',
  play: name,
  hosts,
})

export const begin = (host: string, task: string, line: number, handler = false): Event => ({
  kind: 'task.start',
  host,
  task,
  id: place(line),
  module: 'docker_container',
  handler,
})

export const doing = (host: string, what: string, more: { waits?: string; deadline?: number } = {}): Event => ({
  kind: 'host.doing',
  host,
  doing: what,
  ...more,
})

export const done = (
  host: string,
  task: string,
  line: number,
  status: Status,
  more: Partial<Extract<Event, { kind: 'task.done' }>> = {},
): Event => ({
  kind: 'task.done',
  host,
  task,
  id: place(line),
  status,
  handler: false,
  ms: 120,
  changes: status === 'changed' ? 1 : 0,
  ...more,
})

const counts = (some: Partial<Stats>): Stats => ({
  ...noStats(),
  ...some,
})

export const end = (
  stats: { readonly [host: string]: Partial<Stats> },
  more: Partial<Extract<Event, { kind: 'run.end' }>> = {},
): Event => ({
  kind: 'run.end',
  stats: Object.fromEntries(Object.entries(stats).map(([host, some]) => [host, counts(some)])),
  changed: {},
  ms: 72_400,
  exitCode: 0,
  stopped: false,
  traffic: {},
  ...more,
})

export const missingImage: Diagnostic = {
  code: 'image-not-found',
  severity: 'error',
  message: 'the image rocketchat/rocket.chat:9.99.0 could not be pulled: manifest unknown',
  detail: 'POST /images/create?fromImage=rocketchat/rocket.chat&tag=9.99.0\n404 {"message":"manifest unknown"}',
  mend: 'set rocketchat_version to a published one in inventory/prod/group_vars/all.yml',
}

const config = 'PORT=3000\nROOT_URL=http://chat.example.org\nMONGO_URL=<secret mongo_url>\nA=1\nB=2\nC=3\nD=4\n'

/** A whole run with one of everything: changes, a loop, output, skipping, a handler, a warning, failure and loss of a host. */
export const eventful = (flags: { readonly check?: boolean; readonly diff?: boolean } = {}): readonly Beat[] => [
  start({ check: flags.check ?? false, diff: flags.diff ?? false }),
  play('Install Rocket.Chat'),
  doing(chat, 'connecting'),
  doing(db, 'connecting'),
  800,
  begin(chat, 'Docker is installed', 12),
  begin(db, 'Docker is installed', 12),
  done(chat, 'Docker is installed', 12, 'ok'),
  2100,
  {
    kind: 'task.output',
    host: db,
    task: 'Docker is installed',
    id: place(12),
    stream: 'stdout',
    text: 'Unpacking docker-ce\nSetting ',
  },
  { kind: 'task.output', host: db, task: 'Docker is installed', id: place(12), stream: 'stdout', text: 'up docker-ce' },
  done(db, 'Docker is installed', 12, 'changed', {
    ms: 2130,
    result: { rc: 0, stdout_lines: ['Setting up docker-ce'] },
  }),
  begin(chat, 'Write the environment', 20),
  {
    kind: 'task.planned',
    host: chat,
    task: 'Write the environment',
    id: place(20),
    changes: [
      {
        action: 'update',
        target: '/opt/rocketchat/env',
        before: config,
        after: config.replace('http://', 'https://').replace('D=4', 'D=5'),
      },
    ],
  },
  done(chat, 'Write the environment', 20, 'changed'),
  { kind: 'handler.notified', host: chat, handler: 'Restart Rocket.Chat', by: 'Write the environment' },
  begin(chat, 'Users exist', 30),
  {
    kind: 'task.planned',
    host: chat,
    task: 'Users exist',
    id: place(30),
    item: 'alice',
    changes: [{ action: 'create', target: 'user alice', after: { username: 'alice', roles: ['user', 'admin'] } }],
  },
  { kind: 'item.done', host: chat, task: 'Users exist', id: place(30), item: 'alice', status: 'changed', ms: 40 },
  { kind: 'item.done', host: chat, task: 'Users exist', id: place(30), item: 'bob', status: 'ok', ms: 2 },
  done(chat, 'Users exist', 30, 'changed', { ms: 45 }),
  begin(db, 'Users exist', 30),
  done(db, 'Users exist', 30, 'skipped', { message: 'when: inventory_hostname in groups.chat is false', ms: 0 }),
  begin(chat, 'Tell the address', 36),
  done(chat, 'Tell the address', 36, 'ok', {
    message: 'Rocket.Chat is at https://chat.example.org\nand nowhere else',
    ms: 1,
  }),
  {
    kind: 'diagnostic',
    host: chat,
    diagnostic: { code: 'clock-differs', severity: 'warning', message: 'the clock of the host is 42 s behind' },
  },
  begin(chat, 'Rocket.Chat container runs', 41),
  doing(chat, 'waiting', { waits: 'the API to answer (503)', deadline: 300_000 }),
  65_000,
  doing(chat, 'waiting', { waits: 'the API to answer (starting)', deadline: 235_000 }),
  1000,
  done(chat, 'Rocket.Chat container runs', 41, 'failed', {
    ms: 66_000,
    spent: { connecting: 0, asking: 31, applying: 65_400 },
    diagnostics: [missingImage],
  }),
  begin(db, 'Old container is gone', 44),
  done(db, 'Old container is gone', 44, 'failed', {
    ignored: true,
    ms: 30,
    diagnostics: [{ code: 'command-failed', severity: 'error', message: 'a command failed with exit code 1' }],
  }),
  begin(db, 'Back up', 50),
  1000,
  done(db, 'Back up', 50, 'unreachable', {
    ms: 1000,
    diagnostics: [
      {
        code: 'link-lost',
        severity: 'error',
        message: 'the connection to db.example.org was lost',
        mend: 'look whether the machine is up: ssh db.example.org',
      },
    ],
  }),
  begin(chat, 'Restart Rocket.Chat', 90, true),
  done(chat, 'Restart Rocket.Chat', 90, flags.check ? 'unknown' : 'changed', {
    handler: true,
    ms: 1500,
    ...(flags.check && { message: 'not known until applied: Write the environment' }),
  }),
  end(
    {
      [chat]: { ok: flags.check ? 4 : 5, changed: flags.check ? 2 : 3, failed: 1, unknown: flags.check ? 1 : 0 },
      [db]: { ok: 2, changed: 1, unreachable: 1, skipped: 1, ignored: 1 },
    },
    {
      exitCode: 4,
      changed: {
        [chat]: ['Write the environment', 'Users exist', ...(flags.check ? [] : ['Restart Rocket.Chat'])],
        [db]: ['Docker is installed'],
      },
      traffic: {
        [chat]: {
          trips: 9,
          shell: 4,
          docker: 2,
          api: 2,
          streams: 1,
          sent: 4100,
          received: 22_000,
          connecting: 120,
          asking: 310,
          applying: 12_400,
        },
        [db]: {
          trips: 1,
          shell: 1,
          docker: 0,
          api: 0,
          streams: 0,
          sent: 900,
          received: 1_200_000,
          connecting: 90,
          asking: 0,
          applying: 0,
        },
      },
    },
  ),
]

/** A run in which everything already was as it should be. */
export const settled: readonly Beat[] = [
  start({ hosts: [chat] }),
  play('Configure', [chat]),
  begin(chat, 'Settings are as wanted', 5),
  400,
  done(chat, 'Settings are as wanted', 5, 'ok', { ms: 400 }),
  end({ [chat]: { ok: 1 } }, { ms: 400, changed: { [chat]: [] } }),
]

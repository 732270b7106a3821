import { arch, cpus, freemem, loadavg, platform, release, totalmem, type, uptime } from 'node:os'
import type { Doc, Room } from './documents.ts'
import { objectId } from './ids.ts'
import { isOn, type ServerState, settingValue, stamp, textOf } from './server-state.ts'
import { conferences, loginServices, reportedSettings, unusedFeatures } from './statistics-data.ts'

/** The machine as the statistics and the list of processes describe it. */
export function machine(): Doc {
  return {
    type: type(),
    platform: platform(),
    arch: arch(),
    release: release(),
    uptime: uptime(),
    loadavg: loadavg(),
    totalmem: totalmem(),
    freemem: freemem(),
  }
}

/**
 * Counts the workspace and stores the result. `early` is the count at the start of the process: the first one sees an
 * empty database, and services that are not up yet are missing from it.
 */
export function countWorkspace(state: ServerState, early = false): Doc {
  const people = early ? [] : state.db.users.filter(({ type: kind }) => kind === 'user' || kind === 'bot')
  const humans = people.filter(({ type: kind }) => kind === 'user')
  const rooms = early ? [] : state.db.rooms
  const messages = early ? () => 0 : (t: Room['t']) => messageCount(state, t)
  const by = (status: string) => people.filter((user) => user.status === status).length
  const count = (t: Room['t']) => rooms.filter((room) => room.t === t).length
  const active = humans.filter((user) => user.active)
  const lastSeen = latest(state.db.subscriptions.map(({ ls }) => ls))
  const lastMessage = latest(rooms.map(({ lm }) => lm))
  const figures: Doc = {
    ...structuredClone(unusedFeatures),
    wizard: wizardAnswers(state),
    uniqueId: settingValue(state, 'uniqueID'),
    installedAt: state.db.installedAt,
    version: state.versionText,
    totalUsers: people.length,
    activeUsers: active.length,
    nonActiveUsers: humans.length - active.length,
    appUsers: 0,
    onlineUsers: by('online'),
    awayUsers: by('away'),
    busyUsers: by('busy'),
    totalConnectedUsers: by('online') + by('away'),
    offlineUsers: people.length - by('online') - by('away') - by('busy'),
    userLanguages: languages(people.map(({ language }) => language)),
    totalRooms: rooms.length,
    totalChannels: count('c'),
    totalPrivateGroups: count('p'),
    totalDirect: count('d'),
    totalDiscussions: rooms.filter(({ prid }) => prid !== undefined).length,
    totalThreads: state.db.messages.filter(({ tcount }) => tcount !== undefined).length,
    totalChannelMessages: messages('c'),
    totalPrivateGroupMessages: messages('p'),
    totalDirectMessages: messages('d'),
    totalDiscussionsMessages: 0,
    totalMessages: messages('c') + messages('p') + messages('d'),
    lastLogin: dateText(latest(humans.map(({ lastLogin }) => lastLogin))),
    lastSeenSubscription: dateText(lastSeen),
    ...(lastMessage !== undefined && { lastMessageSentAt: lastMessage }),
    os: { ...machine(), cpus: cpus() },
    process: { nodeVersion: process.version, pid: process.pid, uptime: process.uptime() },
    deploy: { method: state.env.DEPLOY_METHOD ?? 'tar', platform: state.env.DEPLOY_PLATFORM ?? 'selfinstall' },
    uploadsTotal: state.db.uploads.length,
    uploadsTotalSize: state.db.uploads.reduce((sum, { size }) => sum + size, 0),
    migration: { _id: 'control', version: 0, locked: false, _updatedAt: state.db.installedAt },
    instanceCount: early ? 0 : 1,
    oplogEnabled: !early,
    mongoVersion: state.env.MONGO_VERSION ?? '5.0.0',
    totalUserEmail2fa: people.filter(({ services }) => services.email2fa?.enabled === true).length,
    totalUserTOTP: people.filter(({ services }) => services.totp?.enabled === true).length,
    totalSubscriptionRoles: early ? 0 : state.db.roles.filter(({ scope }) => scope === 'Subscriptions').length,
    totalUserRoles: early ? 0 : state.db.roles.filter(({ scope }) => scope === 'Users').length,
    ...changes(state),
    ...marks(state),
    ...periods(state),
    ...startDependent(early),
    createdAt: stamp(state),
  }
  const stored = { ...figures, _id: objectId(state.now()), _updatedAt: stamp(state) }
  state.db.statistics.push(stored)
  const { _updatedAt, ...answered } = stored
  return answered
}

const latest = (dates: readonly (string | undefined)[]) =>
  dates
    .filter((date) => date !== undefined)
    .sort()
    .at(-1)

/** A date as the real report prints it, in UTC. */
function dateText(iso: string | undefined): string {
  if (iso === undefined) return ''
  const [day, date, month, year, time] = new Date(iso).toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${date} ${year} ${time} GMT+0000 (Coordinated Universal Time)`
}

function messageCount(state: ServerState, t: Room['t']): number {
  return state.db.rooms.filter((room) => room.t === t).reduce((sum, { msgs }) => sum + msgs, 0)
}

function languages(list: readonly (string | undefined)[]): Doc {
  const counts: Record<string, number> = { none: 0 }
  for (const language of list) counts[language ?? 'none'] = (counts[language ?? 'none'] ?? 0) + 1
  return counts
}

function wizardAnswers(state: ServerState): Doc {
  const ids = {
    organizationType: 'Organization_Type',
    industry: 'Industry',
    size: 'Size',
    country: 'Country',
    language: 'Language',
    serverType: 'Server_Type',
  }
  const texts = Object.entries(ids).map(([key, id]) => [key, textOf(state, id)])
  return { ...Object.fromEntries(texts), registerServer: isOn(state, 'Register_Server') }
}

/** Which of the texts that people adapt differ from what was shipped. */
function changes(state: ServerState): Doc {
  const changed = (id: string) => settingValue(state, id) !== state.db.settings[id]?.packageValue
  return {
    homeTitleChanged: changed('Layout_Home_Title'),
    homeBodyChanged: changed('Layout_Home_Body'),
    customCSSChanged: changed('theme-custom-css'),
    onLogoutCustomScriptChanged: changed('Custom_Script_On_Logout'),
    loggedOutCustomScriptChanged: changed('Custom_Script_Logged_Out'),
    loggedInCustomScriptChanged: changed('Custom_Script_Logged_In'),
  }
}

function marks(state: ServerState): Doc {
  const having = (key: string) => state.db.messages.filter((message) => message[key] !== undefined)
  const rooms = (key: string) => new Set(having(key).map(({ rid }) => rid)).size
  return {
    totalStarred: having('starred').length,
    totalPinned: having('pinned').length,
    totalRoomsWithStarred: rooms('starred'),
    totalRoomsWithPinned: rooms('pinned'),
  }
}

function periods(state: ServerState): Doc {
  const yesterday = new Date(state.now() - 86_400_000)
  const period = {
    year: yesterday.getUTCFullYear(),
    month: yesterday.getUTCMonth() + 1,
    day: yesterday.getUTCDate(),
    data: [],
  }
  const names = ['Users', 'Devices', 'OS'].flatMap((what) =>
    ['Yesterday', 'LastWeek', 'LastMonth'].map((when) => `unique${what}Of${when}`),
  )
  return Object.fromEntries(names.map((name) => [name, period]))
}

function startDependent(early: boolean): Doc {
  const { saml, ...others } = loginServices as { saml: Doc }
  const { enabled, signatureValidationType, generateUsername, updateSubscriptionsOnLogin, ...fewer } = saml
  const settings = reportedSettings as { search: Doc }
  const count = (value: number) => (early ? false : value)
  return {
    apps: { engineVersion: '1.47.0-alpha', totalInstalled: count(0), totalActive: count(0), totalFailed: count(0) },
    services: { ...others, saml: early ? fewer : saml },
    settings: early ? { ...settings, search: { defaultProvider: {} } } : settings,
    enterprise: { modules: [], tags: [], ...(!early && { seatRequests: 0 }) },
    pushSecured: early,
    maxMonthlyPeakConnections: early ? null : 0,
    BusinessHours: { total: early ? 0 : 1, strategy: '' },
    ...(!early && {
      videoConf: conferences,
      teams: { totalTeams: 0, totalRoomsInsideTeams: 0, totalDefaultRoomsInsideTeams: 0 },
      dailyPeakConnections: 0,
    }),
  }
}

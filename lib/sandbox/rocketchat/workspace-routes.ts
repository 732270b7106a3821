import { pick } from './accounts.ts'
import { type Answer, refuse, refusePlain, unauthorized } from './answers.ts'
import { type Call, caller, type Route } from './call.ts'
import { sendDirectory } from './directory.ts'
import type { Doc } from './documents.ts'
import { conditions, meets } from './mongo-query.ts'
import { policyView } from './password-policy.ts'
import { spotlight } from './people-search.ts'
import { page } from './pipeline.ts'
import { may, type ServerState, settingValue } from './server-state.ts'
import { countWorkspace } from './statistics.ts'

/** The workspace itself: figures, licence, processes, registration. */
export const workspaceRoutes: readonly Route[] = [
  { method: 'GET', path: 'statistics', act: statistics },
  { method: 'GET', path: 'statistics.list', act: statisticsList },
  { method: 'GET', path: 'licenses.info', act: license },
  { method: 'GET', path: 'licenses.isEnterprise', act: () => ({ isEnterprise: false }) },
  {
    method: 'GET',
    path: 'licenses.maxActiveUsers',
    act: ({ state }) => ({ maxActiveUsers: null, activeUsers: activeUsers(state) }),
  },
  { method: 'GET', path: 'cloud.registrationStatus', act: registration },
  { method: 'GET', path: 'instances.get', act: instances },
  { method: 'GET', path: 'stdout.queue', act: log },
  {
    method: 'GET',
    path: 'integrations.list',
    act: () => ({ integrations: [], offset: 0, items: 0, count: 0, total: 0 }),
  },
  { method: 'GET', path: 'banners', act: () => ({ banners: [] }) },
  { method: 'GET', path: 'pw.getPolicy', login: 'none', act: ({ state }) => policyView(state) },
  { method: 'GET', path: 'spotlight', act: search },
  { method: 'GET', path: 'directory', act: sendDirectory },
  {
    method: 'POST',
    path: 'fingerprint',
    bodyShape: () => ({
      fields: {
        setDeploymentAs: { type: 'string', required: true, oneOf: ['new-workspace', 'updated-configuration'] },
      },
    }),
    act: fingerprint,
  },
]

function statistics(call: Call): Doc {
  const { state, query } = call
  if (!may(state, caller(call), 'view-statistics')) throw refusePlain('error-not-allowed')
  if (query.get('refresh') === 'true') return countWorkspace(state)
  return { ...state.db.statistics.at(-1) }
}

function statisticsList(call: Call): Doc {
  const { state, query } = call
  if (!may(state, caller(call), 'view-statistics')) throw refusePlain('error-not-allowed')
  const { count, offset } = page(call)
  const found = state.db.statistics.filter((each) => meets(each, conditions(call)))
  const items = count === 0 ? found.slice(offset) : found.slice(offset, offset + count)
  const fields = state.rules.queryParameter ? query.get('fields') : null
  const keys = fields === null ? undefined : ['_id', ...Object.keys(JSON.parse(fields) as Doc)]
  return {
    statistics: keys ? items.map((each) => pick(each, keys)) : items,
    count: items.length,
    offset,
    total: found.length,
  }
}

/** Accounts that count for a licence: active people. */
function activeUsers(state: ServerState): number {
  return state.db.users.filter(({ active, type }) => active && type === 'user').length
}

function license(call: Call): Doc {
  const { state, query } = call
  const loaded = query.get('loadValues') === 'true'
  const limit = (max: number, value: number) => (loaded ? { value, max } : { max })
  const prevented = 'activeUsers guestUsers roomsPerGuest privateApps marketplaceApps monthlyActiveContacts'.split(' ')
  if (!may(state, caller(call), 'view-privileged-setting'))
    return { license: { activeModules: [], tags: [], trial: false } }
  return {
    license: {
      activeModules: [],
      preventedActions: Object.fromEntries(prevented.map((name) => [name, false])),
      limits: {
        activeUsers: limit(-1, activeUsers(state)),
        guestUsers: limit(-1, 0),
        privateApps: limit(3, 0),
        marketplaceApps: limit(5, 0),
        monthlyActiveContacts: limit(-1, 0),
      },
      tags: [],
      trial: false,
    },
  }
}

function registration(call: Call): Doc {
  const { state } = call
  if (!may(state, caller(call), 'manage-cloud')) throw unauthorized()
  const admin = state.db.users.find(({ roles }) => roles.includes('admin'))
  return {
    registrationStatus: {
      workspaceRegistered: false,
      workspaceId: '',
      uniqueId: settingValue(state, 'uniqueID'),
      token: '',
      email: admin?.emails?.[0]?.address ?? '',
    },
  }
}

function instances(call: Call): Doc {
  const { state } = call
  if (!may(state, caller(call), 'view-statistics')) throw unauthorized()
  const own = (record: Doc) => record._id === state.instanceId
  const live = { connected: true, lastHeartbeatTime: 20, local: true }
  return {
    instances: state.db.instances.map((instanceRecord) => ({
      ...(own(instanceRecord) && { address: '127.0.0.1' }),
      currentStatus: own(instanceRecord) ? live : { connected: false },
      instanceRecord,
      broadcastAuth: true,
    })),
  }
}

function log(call: Call): Answer | Doc {
  if (!may(call.state, caller(call), 'view-logs')) throw unauthorized()
  return {
    queue: call.state.log.map((string, index) => ({
      id: String(index),
      string,
      ts: new Date(call.state.startedAt).toISOString(),
    })),
  }
}

function search(call: Call): Doc {
  const query = call.query.get('query')
  if (query === null) throw refuse('invalid-params', "must have required property 'query'")
  return { ...spotlight(call.state, caller(call), query) }
}

function fingerprint(call: Call): Doc {
  const { state, body } = call
  if (!may(state, caller(call), 'manage-cloud')) throw unauthorized()
  const verified = state.db.settings.Deployment_FingerPrint_Verified
  if (verified) verified.value = true
  return body.setDeploymentAs === 'new-workspace' ? { cloud_removed: true } : {}
}

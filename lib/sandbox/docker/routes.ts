import { getArchive, putArchive, statPath } from './archive.ts'
import { createContainer } from './container-create.ts'
import {
  inspectContainer,
  listContainers,
  removeContainer,
  renameContainer,
  statsContainer,
  topContainer,
  updateContainer,
} from './containers.ts'
import { eventStream } from './event-stream.ts'
import { createExec, inspectExec, startExec } from './exec.ts'
import { loadImages, saveImages } from './image-archive.ts'
import { distribution, pullImage } from './image-pull.ts'
import { inspectImage, listImages, pruneImages, removeImage, tagImage } from './images.ts'
import { kill, pause, resize, restart, start, stop, wait } from './life-requests.ts'
import { attachContainer, containerLogs } from './logs.ts'
import {
  connectNetwork,
  createNetwork,
  disconnectNetwork,
  inspectNetwork,
  listNetworks,
  pruneNetworks,
  removeNetwork,
} from './network-requests.ts'
import { Refusal } from './refusal.ts'
import { type Route, route } from './router.ts'
import { diskUse, info, login, ping, version } from './system.ts'
import { createVolume, inspectVolume, listVolumes, removeVolume } from './volumes.ts'

const noSwarm = (): never => {
  throw new Refusal(
    503,
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  )
}

const noBuild = (): never => {
  throw new Refusal(501, 'the sandbox engine does not build images')
}

/** Every request the double understands. */
export const routes: readonly Route[] = [
  route('GET', '/_ping', ping),
  route('GET', '/version', version),
  route('GET', '/info', info),
  route('GET', '/system/df', diskUse),
  route('GET', '/events', eventStream),
  route('POST', '/auth', login, 'none'),

  route('GET', '/images/json', listImages),
  route('POST', '/images/create', pullImage),
  route('POST', '/images/load', loadImages),
  route('GET', '/images/get', saveImages),
  route('POST', '/images/prune', pruneImages),
  route('GET', '/images/{name...}/json', inspectImage),
  route('GET', '/images/{name...}/get', saveImages),
  route('POST', '/images/{name...}/tag', tagImage),
  route('DELETE', '/images/{name...}', removeImage),
  route('GET', '/distribution/{name...}/json', distribution),
  route('POST', '/build', noBuild),

  route('GET', '/containers/json', listContainers),
  route('POST', '/containers/create', createContainer),
  route('GET', '/containers/{id}/json', inspectContainer),
  route('GET', '/containers/{id}/top', topContainer),
  route('GET', '/containers/{id}/stats', statsContainer),
  route('GET', '/containers/{id}/logs', containerLogs),
  route('POST', '/containers/{id}/attach', attachContainer, 'none'),
  route('POST', '/containers/{id}/start', start),
  route('POST', '/containers/{id}/stop', stop),
  route('POST', '/containers/{id}/restart', restart),
  route('POST', '/containers/{id}/kill', kill),
  route('POST', '/containers/{id}/pause', pause(true)),
  route('POST', '/containers/{id}/unpause', pause(false)),
  route('POST', '/containers/{id}/wait', wait, 'none'),
  route('POST', '/containers/{id}/resize', resize, 'none'),
  route('POST', '/containers/{id}/rename', renameContainer),
  route('POST', '/containers/{id}/update', updateContainer),
  route('POST', '/containers/{id}/exec', createExec, 'none'),
  route('HEAD', '/containers/{id}/archive', statPath, 'none'),
  route('GET', '/containers/{id}/archive', getArchive),
  route('PUT', '/containers/{id}/archive', putArchive),
  route('DELETE', '/containers/{id}', removeContainer),

  route('POST', '/exec/{id}/start', startExec, 'exec'),
  route('POST', '/exec/{id}/resize', resize, 'none'),
  route('GET', '/exec/{id}/json', inspectExec),

  route('GET', '/networks', listNetworks),
  route('POST', '/networks/create', createNetwork),
  route('POST', '/networks/prune', pruneNetworks),
  route('GET', '/networks/{id}', inspectNetwork),
  route('DELETE', '/networks/{id}', removeNetwork),
  route('POST', '/networks/{id}/connect', connectNetwork),
  route('POST', '/networks/{id}/disconnect', disconnectNetwork),

  route('GET', '/volumes', listVolumes),
  route('POST', '/volumes/create', createVolume),
  route('GET', '/volumes/{name}', inspectVolume),
  route('DELETE', '/volumes/{name}', removeVolume),

  ...['swarm', 'services', 'nodes', 'tasks', 'secrets', 'configs'].map((name) => route('GET', `/${name}`, noSwarm)),
]

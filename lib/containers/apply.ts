import type { Io, Result } from '../task.ts'
import { containerBody, liveBody } from './body.ts'
import { askEngine, pullImage } from './engine.ts'
import { found } from './inspect.ts'
import {
  connect,
  disconnect,
  inspect,
  killContainer,
  type Making,
  makeContainer,
  pathOf,
  pauseContainer,
  removeContainer,
  startContainer,
  stopContainer,
  waitHealthy,
} from './life.ts'
import type { Data, Task } from './plan.ts'
import { imageName, imagePath, parseImage } from './reference.ts'
import { finishReplacing, previousName, replaceContainer } from './replace.ts'
import { visibleContainer } from './visible.ts'

/** Seconds in which a container that replaces another must become healthy, unless the task says otherwise. */
const usualHealthyTimeout = 300

/** Makes one change of a container. */
export async function applyContainer(data: Data, io: Io, args: Task): Promise<Result | undefined> {
  const { name } = args
  const removeVolumes = !args.keep_volumes
  const stopTimeout = args.force_kill ? 0 : args.stop_timeout
  const patience = (args.healthy_timeout ?? usualHealthyTimeout) * 1000
  const asked = args.state === 'healthy' || args.healthy_timeout !== undefined
  const making = (image: string, healthyWithin: number | undefined, pulled: boolean): Making => ({
    name,
    args,
    body: containerBody(args, image),
    start: args.state === 'started' || args.state === 'healthy',
    healthyWithin,
    pulled,
  })
  switch (data.do) {
    case 'create':
      if (data.pull) await pullWanted(io, args)
      await makeContainer(io, making(imageOf(args), asked ? patience : undefined, data.pull))
      return undefined
    case 'replace':
      if (data.pull && args.image !== undefined) await pullWanted(io, args)
      await replaceContainer(io, {
        ...making(args.image === undefined ? data.old.Config.Image : imageOf(args), patience, data.pull),
        old: { ...data.old, setAside: data.setAside },
        unproven: data.unproven,
        stopTimeout,
        removeVolumes,
      })
      return args.recreate ? containerValue(io, args) : undefined
    case 'renew': {
      await pullWanted(io, args)
      const image = found<{ readonly Id: string }>(await io.docker.request('GET', imagePath(imageOf(args), '/json')))
      if (image === undefined || image.Id === data.old.Image) return { changed: false }
      await replaceContainer(io, {
        ...making(imageOf(args), patience, true),
        old: { ...data.old, setAside: false },
        unproven: false,
        stopTimeout,
        removeVolumes,
      })
      return containerValue(io, args)
    }
    case 'finish':
      await finishReplacing(io, name, data.running, patience, removeVolumes)
      return undefined
    case 'live':
      await askEngine(io, `change the limits of ${name}`, 'POST', pathOf(name, '/update'), {
        body: liveBody(args, data.names, data.memorySwap),
      })
      return undefined
    case 'networks':
      for (const network of data.plan.leave) await disconnect(io, name, network)
      for (const network of data.plan.connect) await connect(io, name, network)
      return undefined
    case 'start':
      await startContainer(io, name, asked ? patience : undefined)
      return undefined
    case 'stop':
      if (args.force_kill && args.kill_signal !== undefined) await killContainer(io, name, args.kill_signal)
      else await stopContainer(io, name, stopTimeout)
      return undefined
    case 'pause':
    case 'unpause':
      await pauseContainer(io, name, data.do === 'pause')
      return undefined
    case 'restart':
      await askEngine(
        io,
        `restart the container ${name}`,
        'POST',
        pathOf(name, `/restart${stopTimeout === undefined ? '' : `?t=${stopTimeout}`}`),
        {
          timeout: ((stopTimeout ?? 10) + 60) * 1000,
        },
      )
      if (asked) await waitHealthy(io, name, patience)
      return containerValue(io, args)
    case 'wait':
      await waitHealthy(io, name, patience)
      return { ...(await containerValue(io, args)), changed: false }
    case 'remove': {
      const which = data.previous ? previousName(name) : name
      if (data.running && !args.force_kill) await stopContainer(io, which, args.stop_timeout)
      await removeContainer(io, which, removeVolumes)
      return undefined
    }
    default:
      return data satisfies never
  }
}

function imageOf(args: Task): string {
  return imageName(parseImage(args.image ?? ''))
}

async function pullWanted(io: Io, args: Task): Promise<void> {
  await pullImage(io, parseImage(args.image ?? ''), { platform: args.platform })
}

/** What a change without a state of its own leaves; others are looked at again anyway. */
async function containerValue(io: Io, { name, env }: Task): Promise<Result> {
  const container = await inspect(io, name)
  return { values: container ? { container: visibleContainer(container, env) } : {} }
}

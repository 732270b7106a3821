import { rmSync } from 'node:fs'
import { containerFolder, type Engine } from './engine.ts'
import type { ContainerRecord } from './records.ts'
import { dropVolume, usersOf } from './volumes.ts'

/** Takes a container that does not run out of the records, with its files and, if wanted, its anonymous volumes. */
export const dropContainer = (engine: Engine, container: ContainerRecord, withVolumes: boolean): void => {
  engine.records.containers.splice(engine.records.containers.indexOf(container), 1)
  rmSync(containerFolder(engine, container.Id), { recursive: true, force: true })
  for (const [id, exec] of engine.execs) if (exec.containerId === container.Id) engine.execs.delete(id)
  if (withVolumes) {
    const own = engine.records.volumes.filter(
      (volume) => volume.anonymous && container.Mounts.some(({ Name }) => Name === volume.Name),
    )
    for (const volume of own) if (usersOf(engine, volume).length === 0) dropVolume(engine, volume)
  }
  engine.save()
  engine.events.emit('container', 'destroy', container.Id, {
    ...container.Config.Labels,
    image: container.Config.Image,
    name: container.Name,
  })
  engine.bus.emit(`gone:${container.Id}`, container.State.ExitCode)
}

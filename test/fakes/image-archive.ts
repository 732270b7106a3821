import { writeTar } from '../../lib/sandbox/docker/tar.ts'
import { registry } from '../../lib/sandbox/programs/registry.ts'

/** What `docker save NAME` gives of an image that the rehearsal's registry has; throws when it has none of that name. */
export function imageArchive(name: string): Buffer {
  const spec = registry(name, undefined)
  if (spec === undefined || typeof spec === 'string' || spec instanceof Promise)
    throw new RangeError(`there is no image ${name}`)
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: '2026-01-01T00:00:00Z',
    config: {
      User: spec.user ?? '',
      Env: Object.entries(spec.env ?? {}).map(([key, value]) => `${key}=${value}`),
      Cmd: spec.cmd ?? null,
      Entrypoint: spec.entrypoint ?? null,
      WorkingDir: spec.workingDir ?? '',
      ExposedPorts: Object.fromEntries((spec.exposedPorts ?? []).map((port) => [port, {}])),
      Volumes: Object.fromEntries((spec.volumes ?? []).map((path) => [path, {}])),
      Labels: spec.labels ?? {},
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${'ab'.repeat(32)}`] },
  }
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }]
  return writeTar([
    { header: { name: 'config.json' }, content: Buffer.from(JSON.stringify(config)) },
    { header: { name: 'layer.tar' }, content: writeTar([]) },
    { header: { name: 'manifest.json' }, content: Buffer.from(JSON.stringify(manifest)) },
  ])
}

import type { ContainerArgs } from './options.ts'
import { parseBytes } from './units.ts'

/** A mount in the form of the Engine API. */
export function mountOf(mount: NonNullable<ContainerArgs['mounts']>[number]): { readonly [key: string]: unknown } {
  const {
    type,
    source,
    target,
    read_only,
    propagation,
    no_copy,
    labels,
    volume_driver,
    volume_options,
    tmpfs_size,
    tmpfs_mode,
  } = mount
  const volume = {
    ...(no_copy !== undefined && { NoCopy: no_copy }),
    ...(labels && { Labels: labels }),
    ...((volume_driver !== undefined || volume_options) && {
      DriverConfig: { Name: volume_driver ?? 'local', Options: volume_options ?? {} },
    }),
  }
  const tmpfs = {
    ...(tmpfs_size !== undefined && { SizeBytes: parseBytes(tmpfs_size) }),
    ...(tmpfs_mode !== undefined && { Mode: Number.parseInt(tmpfs_mode, 8) }),
  }
  return {
    Type: type,
    Target: target,
    ...(source !== undefined && { Source: source }),
    ...(read_only !== undefined && { ReadOnly: read_only }),
    ...(propagation !== undefined && { BindOptions: { Propagation: propagation } }),
    ...(Object.keys(volume).length > 0 && { VolumeOptions: volume }),
    ...(Object.keys(tmpfs).length > 0 && { TmpfsOptions: tmpfs }),
  }
}

/** A package as a task names it: `name`, `name:arch`, `name=version`; the version may hold `*` and `?`. */
export interface Wanted {
  readonly name: string
  readonly architecture: string | undefined
  readonly version: string | undefined
  /** As it is given to apt-get. */
  readonly spec: string
}

export function parsePackage(spec: string): Wanted {
  const [, name = spec, architecture, version] = /^([^:=\s]+)(?::([a-z0-9-]+))?(?:=(.+))?$/.exec(spec) ?? []
  return { name, architecture, version, spec }
}

/** Can apt-get be given this? Patterns and options cannot. */
export function isPackageSpec(spec: string): boolean {
  return /^[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?(=[\w.+:~*?-]+)?$/i.test(spec)
}

/** Does a version match one with `*` and `?`? */
export function matchesVersion(version: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${expression}$`).test(version)
}

import permissions614 from './catalogue/permissions-6.14.json' with { type: 'json' }
import permissions861 from './catalogue/permissions-8.6.1.json' with { type: 'json' }
import settings614 from './catalogue/settings-6.14.json' with { type: 'json' }
import settings861 from './catalogue/settings-8.6.1.json' with { type: 'json' }
import { isAtLeast, type Version, versionText } from './version.ts'

/** One setting as a fresh server of a version defines it. */
export interface SettingType {
  readonly _id: string
  readonly type: string
  readonly group?: string
  readonly section?: string
  /** Choices of a select; absent when any text goes. */
  readonly values?: readonly string[]
  /** Neither readable nor writable through REST. */
  readonly hidden?: boolean
  readonly value?: unknown
  /** Length of the default where it is too long to be listed. */
  readonly valueLength?: number
  /** Acts only with a licence. */
  readonly enterprise?: boolean
}

interface Dump {
  readonly version: Version
  readonly settings: ReadonlyMap<string, SettingType>
  readonly permissions: ReadonlySet<string>
}

const dumps: readonly Dump[] = [
  dump({ major: 6, minor: 14, patch: 0 }, settings614 as readonly SettingType[], permissions614),
  dump({ major: 8, minor: 6, patch: 1 }, settings861 as readonly SettingType[], permissions861),
]

function dump(
  version: Version,
  settings: readonly SettingType[],
  permissions: { readonly [id: string]: readonly string[] },
): Dump {
  return {
    version,
    settings: new Map(settings.map((one) => [one._id, one])),
    permissions: new Set(Object.keys(permissions)),
  }
}

/** What is known of the settings and permissions of a version. */
export interface Catalogue {
  /** In words: `8.6.1`, or `7.2, judged by 6.14.0 and 8.6.1`. */
  readonly name: string
  setting(id: string): SettingType | undefined
  readonly settingIds: Iterable<string>
  /** True when some version that we know has it. */
  hasPermission(id: string): boolean
  readonly permissionIds: Iterable<string>
  /** In which versions a setting is known that this version lacks. */
  elsewhere(id: string): readonly string[]
}

/**
 * The catalogue of a version. Between two versions that were recorded, a setting of either may exist: what only the
 * newer one has is accepted here and confirmed against the live server when it is read. Without a version everything
 * that any of them has is accepted.
 */
export function catalogueOf(version: Version | undefined): Catalogue {
  const near = version === undefined ? dumps : around(version)
  const newestFirst = [...near].reverse()
  const permissions = new Set(dumps.flatMap((one) => [...one.permissions]))
  return {
    name: nameOf(version, near),
    setting: (id) => (newestFirst.find((one) => one.settings.get(id)) ?? near[0])?.settings.get(id),
    settingIds: new Set(near.flatMap((one) => [...one.settings.keys()])),
    hasPermission: (id) => permissions.has(id),
    permissionIds: permissions,
    elsewhere: (id) => dumps.filter((one) => one.settings.has(id)).map((one) => versionText(one.version)),
  }
}

function around(version: Version): readonly Dump[] {
  const exact = dumps.find((one) => one.version.major === version.major && one.version.minor === version.minor)
  if (exact) return [exact]
  const older = dumps.filter((one) => isAtLeast(version, one.version.major, one.version.minor)).at(-1)
  const newer = dumps.find((one) => !isAtLeast(version, one.version.major, one.version.minor))
  return [older, newer].filter((one) => one !== undefined)
}

function nameOf(version: Version | undefined, near: readonly Dump[]): string {
  const judged = near.map((one) => versionText(one.version)).join(' and ')
  if (version === undefined) return `the versions ${judged}`
  const own = versionText(version)
  return judged === own || judged.startsWith(`${own}.`) ? judged : `${own}, judged by ${judged}`
}

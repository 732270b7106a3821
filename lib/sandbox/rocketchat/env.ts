/** Environment variables as a container gets them. */
export type Env = Readonly<Record<string, string>>

/**
 * Turns the text of a variable into a setting's value (rocketchat.md 9.2): `true` and `false` in any case become
 * booleans whatever the type, an int goes through parseInt (what is no number is stored as null), a multiSelect is JSON.
 */
export function settingFromEnv(text: string, type: string): unknown {
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower === 'true'
  if (type === 'int') {
    const number = Number.parseInt(text, 10)
    return Number.isNaN(number) ? null : number
  }
  return type === 'multiSelect' ? jsonOr(text, []) : text
}

/** True when a variable says true, in any case. */
export function isSet(env: Env, name: string): boolean {
  return env[name]?.toLowerCase() === 'true'
}

/** The ids of a comma list such as SETTINGS_BLOCKED. */
export function idList(env: Env, name: string): readonly string[] {
  return (env[name] ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '')
}

function jsonOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}

import { readFileSync } from 'node:fs'

export interface FirstAccount {
  readonly user: string
  readonly password: string
}

/** A variable of the image, given by itself or as a file. Throws with the entrypoint's words when both or a missing file are given. */
const given = (
  env: Readonly<Record<string, string>>,
  name: string,
  path: (inContainer: string) => string,
): string | undefined => {
  const direct = env[name] || undefined
  const file = env[`${name}_FILE`] || undefined
  if (direct !== undefined && file !== undefined) {
    throw new Error(`error: both ${name} and ${name}_FILE are set (but are exclusive)`)
  }
  if (file === undefined) return direct
  try {
    return readFileSync(path(file), 'utf8').replace(/\n+$/, '')
  } catch {
    throw new Error(`/usr/local/bin/docker-entrypoint.sh: line 67: ${file}: No such file or directory`)
  }
}

/**
 * The administrator that the images make on an empty volume: MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD of the library
 * image, MONGODB_INITDB_ROOT_… of the community one, each also with _FILE. Throws with the entrypoint's words on half an account.
 */
export const firstAccount = (
  env: Readonly<Record<string, string>>,
  path: (inContainer: string) => string,
): FirstAccount | undefined => {
  const prefix = Object.keys(env).some((name) => name.startsWith('MONGODB_INITDB_')) ? 'MONGODB' : 'MONGO'
  const names = [`${prefix}_INITDB_ROOT_USERNAME`, `${prefix}_INITDB_ROOT_PASSWORD`] as const
  const [user, password] = names.map((name) => given(env, name, path))
  if (user === undefined && password === undefined) return undefined
  if (user === undefined || password === undefined) {
    throw new Error(
      `error: missing '${names[0]}' or '${names[1]}'\n       both must be specified for a user to be created`,
    )
  }
  return { user, password }
}

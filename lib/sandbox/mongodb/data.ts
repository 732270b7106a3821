import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../docker/store.ts'

export interface RoleGrant {
  readonly role: string
  readonly db: string
}

export interface MongoUser {
  readonly user: string
  readonly db: string
  readonly salt: string
  readonly digest: string
  readonly roles: readonly RoleGrant[]
}

export interface ReplicaSetMember {
  readonly _id: number
  readonly host: string
  readonly [setting: string]: unknown
}

export interface ReplicaSetConfig {
  readonly _id: string
  readonly version: number
  readonly term: number
  readonly members: readonly ReplicaSetMember[]
  readonly [setting: string]: unknown
}

/** What a volume keeps of a database server. */
export interface MongoData {
  /** Such as `8.0`; decides which releases may open the volume. */
  featureCompatibility: string
  readonly users: MongoUser[]
  replicaSet?: ReplicaSetConfig
}

const file = 'sandbox-mongod.json'

/** What the folder keeps; undefined when no server has run on it. Throws when the file is not ours. */
export const readData = (folder: string): MongoData | undefined => {
  try {
    // Only this module writes the file, so its shape is known.
    return JSON.parse(readFileSync(join(folder, file), 'utf8')) as MongoData
  } catch (problem) {
    if (problem instanceof Error && 'code' in problem && problem.code === 'ENOENT') return undefined
    throw problem
  }
}

export const writeData = (folder: string, data: MongoData): void => {
  mkdirSync(folder, { recursive: true })
  writeWhole(join(folder, file), JSON.stringify(data))
}

const digestOf = (salt: string, password: string): Buffer => createHash('sha256').update(`${salt} ${password}`).digest()

/** A user's record; of the password only a salted digest is kept. */
export const newUser = (user: string, db: string, password: string, roles: readonly RoleGrant[]): MongoUser => {
  const salt = randomBytes(12).toString('hex')
  return { user, db, salt, digest: digestOf(salt, password).toString('hex'), roles }
}

export const passwordFits = (user: MongoUser, password: string): boolean =>
  timingSafeEqual(Buffer.from(user.digest, 'hex'), digestOf(user.salt, password))

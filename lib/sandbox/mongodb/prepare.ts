import type { ProgramContext } from '../docker/program.ts'
import { mongodWords, viaEntrypoint } from './container.ts'
import { type MongoData, readData } from './data.ts'
import { type FirstAccount, firstAccount } from './first-account.ts'
import { keyFileTrouble } from './key-file.ts'
import { type MongodCall, readMongodArguments } from './mongod-arguments.ts'
import { log } from './mongod-log.ts'
import { mayOpen, needsAvx, releaseOfTag } from './release.ts'

/** Exit codes of mongod and of its entrypoint. */
const ILLEGAL_INSTRUCTION = 132
const WRONG_RELEASE = 62
const BAD_OPTIONS = 2

/** What the entrypoint or mongod ends with before it listens. */
export class EarlyEnd extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** What a start comes down to. */
export interface Plan {
  readonly call: MongodCall
  readonly release: string
  readonly folder: string
  readonly account: FirstAccount | undefined
  /** What the volume keeps; undefined when it is empty. */
  readonly data: MongoData | undefined
}

/** Looks at everything that can stop a server before it listens, in the order in which the real one looks. Throws EarlyEnd. */
export const prepare = (context: ProgramContext, avx: boolean): Plan => {
  const release = releaseOfTag(
    /:([^:/]+)$/.exec(context.image.split('@')[0] ?? '')?.[1] ?? context.env.MONGO_VERSION ?? '',
  )
  const account = ((): FirstAccount | undefined => {
    try {
      return viaEntrypoint(context.argv) ? firstAccount(context.env, context.path) : undefined
    } catch (problem) {
      throw new EarlyEnd(1, problem instanceof Error ? problem.message : String(problem))
    }
  })()
  if (!avx && needsAvx(release)) {
    context.log('', 'stderr')
    context.log(
      'WARNING: MongoDB 5.0+ requires a CPU with AVX support, and your current system does not appear to have that!',
      'stderr',
    )
    context.log('  see https://jira.mongodb.org/browse/SERVER-54407', 'stderr')
    throw new EarlyEnd(ILLEGAL_INSTRUCTION, '')
  }
  let call: MongodCall
  try {
    call = readMongodArguments(mongodWords(context.argv) ?? [])
  } catch (problem) {
    throw new EarlyEnd(
      BAD_OPTIONS,
      `${problem instanceof Error ? problem.message : String(problem)}\ntry 'mongod --help' for more information`,
    )
  }
  if (call.keyFile !== undefined) {
    const trouble = keyFileTrouble(call.keyFile, context.path(call.keyFile))
    if (trouble !== undefined) {
      log(
        context,
        'ACCESS',
        20_254,
        'Read security file failed',
        { error: { code: 30, codeName: 'InvalidPath', errmsg: trouble } },
        'E',
      )
      throw new EarlyEnd(1, '')
    }
  }
  const auth = call.auth || account !== undefined
  if (auth && call.replicaSet !== undefined && call.keyFile === undefined) {
    throw new EarlyEnd(
      BAD_OPTIONS,
      'BadValue: security.keyFile is required when authorization is enabled with replica sets',
    )
  }
  const folder = context.path(call.dbPath)
  const data = readData(folder)
  if (data !== undefined && !mayOpen(release, data.featureCompatibility)) {
    log(
      context,
      'CONTROL',
      20_573,
      'Wrong mongod version',
      {
        error: `UPGRADE PROBLEM: Found an invalid featureCompatibilityVersion document (ERROR: Location4926900: Invalid featureCompatibilityVersion document in admin.system.version: { _id: "featureCompatibilityVersion", version: "${data.featureCompatibility}" }). This release is ${release}: go back to the release that ran before, set its featureCompatibilityVersion, then go up one major release at a time.`,
      },
      'F',
    )
    throw new EarlyEnd(WRONG_RELEASE, '')
  }
  return { call: { ...call, auth }, release, folder, account, data }
}

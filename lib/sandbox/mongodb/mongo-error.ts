/** The codes a client of this double may meet, by their names in MongoDB's error_codes.yml. */
const names: Readonly<Record<number, string>> = {
  2: 'BadValue',
  9: 'FailedToParse',
  11: 'UserNotFound',
  13: 'Unauthorized',
  18: 'AuthenticationFailed',
  20: 'IllegalOperation',
  23: 'AlreadyInitialized',
  31: 'RoleNotFound',
  59: 'CommandNotFound',
  72: 'InvalidOptions',
  74: 'NodeNotFound',
  76: 'NoReplicationEnabled',
  93: 'InvalidReplicaSetConfig',
  94: 'NotYetInitialized',
  103: 'NewReplicaSetConfigurationIncompatible',
  10107: 'NotWritablePrimary',
}

/** A command that the database server turns down. */
export class MongoRefusal extends Error {
  readonly code: number
  readonly codeName: string
  constructor(code: number, message: string) {
    super(message)
    this.code = code
    this.codeName = names[code] ?? `Location${code}`
  }
}

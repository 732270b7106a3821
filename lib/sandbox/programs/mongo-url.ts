/** What a `MONGO_URL` says. */
export interface MongoUrl {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user?: string
  readonly password?: string
  readonly authSource: string
  readonly replicaSet?: string
}

/** Reads a connection string with one or more hosts (the first one counts); undefined when it is none. */
export function readMongoUrl(text: string): MongoUrl | undefined {
  const match = /^mongodb:\/\/(?:([^@]*)@)?([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(text)
  if (match === null) return undefined
  const [, account, hosts = '', path = '', query = ''] = match
  const [host = '', port = '27017'] = (hosts.split(',')[0] ?? '').split(':')
  const options = new URLSearchParams(query)
  const [user, password] = (account ?? '').split(':').map((part) => decodeURIComponent(part))
  const database = path === '' ? 'test' : path
  const replicaSet = options.get('replicaSet')
  return {
    host,
    port: Number(port),
    database,
    authSource: options.get('authSource') ?? (path === '' ? 'admin' : database),
    ...(account !== undefined && user !== undefined && { user }),
    ...(account !== undefined && password !== undefined && { password }),
    ...(replicaSet !== null && { replicaSet }),
  }
}

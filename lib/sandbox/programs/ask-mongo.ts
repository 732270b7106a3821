import type { ProgramContext } from '../docker/program.ts'
import { findServer } from '../mongodb/container.ts'
import { isPrimary } from '../mongodb/replica-set.ts'
import { grants } from '../mongodb/roles.ts'
import { signIn } from '../mongodb/server.ts'
import type { MongoUrl } from './mongo-url.ts'
import type { MongoAnswer } from './rocketchat.ts'

/**
 * What the database at the address of a connection string answers to a container that signs in: whether it is there, belongs to the
 * set, takes the account and is the primary. As with the real driver the members of a set are looked up under the names that the set
 * itself gives them.
 */
export const askMongo = async (context: ProgramContext, url: MongoUrl): Promise<MongoAnswer> => {
  const found = findServer(context, undefined, url.host, url.port)
  if (found === undefined) return { state: 'unreachable' }
  const { server } = found
  const { replicaSet } = server.data
  if (url.replicaSet !== undefined && server.options.replicaSet !== url.replicaSet) return { state: 'wrong-set' }
  if (url.replicaSet !== undefined && replicaSet !== undefined) {
    if (replicaSet._id !== url.replicaSet) return { state: 'wrong-set' }
    const [host = '', port = '27017'] = (replicaSet.members[0]?.host ?? '').split(':')
    if (findServer(context, undefined, host, Number(port)) === undefined) return { state: 'unreachable' }
  }
  if (!isPrimary(server, { isLocal: false, user: undefined, ahead: () => 0 })) return { state: 'no-primary' }
  if (server.options.auth) {
    if (url.user === undefined) return { state: 'refused' }
    try {
      const { roles } = signIn(server, url.user, url.password ?? '', url.authSource)
      if (!grants(roles, 'writing', url.database)) return { state: 'refused' }
    } catch {
      // The only way out of signing in besides an account is code 18.
      return { state: 'refused' }
    }
  }
  return { state: 'primary', version: server.options.release, folder: server.options.folder }
}

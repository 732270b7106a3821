import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readMongoUrl } from '../../../../lib/sandbox/programs/mongo-url.ts'

const test = suite('lib/sandbox/programs/mongo-url')

const check = (text: string, expected: ReturnType<typeof readMongoUrl>) =>
  test(text, () => assert.equal(readMongoUrl(text), expected))

check('mongodb://db:27017/chat?replicaSet=rs0', {
  host: 'db',
  port: 27_017,
  database: 'chat',
  authSource: 'chat',
  replicaSet: 'rs0',
})
check('mongodb://me:p%40%2Fss@db/chat?authSource=admin', {
  host: 'db',
  port: 27_017,
  database: 'chat',
  authSource: 'admin',
  user: 'me',
  password: 'p@/ss',
})
check('mongodb://a:1,b:2', { host: 'a', port: 1, database: 'test', authSource: 'admin' })
check('mongodb://', undefined)
check('http://db/chat', undefined)
check('', undefined)

test.run()

import type { MongoUrl } from '../../../../lib/sandbox/programs/mongo-url.ts'
import type { MongoAnswer } from '../../../../lib/sandbox/programs/rocketchat.ts'

/** What Rocket.Chat asks of the database: who it is there, and what is kept under a name; with `data`, to keep that. */
export interface Question {
  readonly on: MongoUrl
  readonly name: string
  readonly data?: string
}

export interface Reply {
  readonly answer: MongoAnswer
  readonly data?: string
}

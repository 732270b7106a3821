import { text } from 'node:stream/consumers'
import type { ExecResult } from '../../../../lib/sandbox/docker/program.ts'
import { ask } from './line.ts'

/** The image's `mongosh`: hands its words and its standard input to the server of its container, which runs the script. */
const cmd = ['mongosh', ...process.argv.slice(2)]
const stdin = process.stdin.isTTY ? '' : await text(process.stdin)
const result = await ask<ExecResult>({ path: '/tmp/mongodb-27017.sock' }, { cmd, env: {}, stdin }, 120_000).catch(
  (): ExecResult => ({ code: 1, stderr: 'MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017\n' }),
)
process.stdout.write(result.stdout ?? '')
process.stderr.write(result.stderr ?? '')
process.exitCode = result.code

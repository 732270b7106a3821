import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { replayFolder, replayReport } from '../lib/sandbox/rocketchat/replay.ts'

const usage = 'usage: npx zx scripts/replay.ts FOLDER [--version 6.14.0] [--verbose]'

const own = process.argv.findIndex((each) => resolve(each) === import.meta.filename)
const { values, positionals } = parseArgs({
  args: process.argv.slice(own + 1),
  options: { version: { type: 'string', default: '6.14.0' }, verbose: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const [folder, ...more] = positionals
if (folder === undefined || more.length > 0) {
  process.stderr.write(`${usage}\n`)
  process.exit(2)
}
try {
  const result = await replayFolder(folder, { version: values.version })
  process.stdout.write(`${replayReport(result, values.verbose)}\n`)
  process.exitCode = result.equal === result.total ? 0 : 1
} catch (error) {
  process.stderr.write(`cannot replay ${folder}: ${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
  process.exitCode = 2
}

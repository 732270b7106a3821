import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { caddyProgram } from '../../../../lib/sandbox/programs/caddy.ts'
import { registry } from '../../../../lib/sandbox/programs/registry.ts'
import { type Bench, bench, until, whole } from '../docker/bench.ts'

const test = suite('lib/sandbox/programs/caddy')

/** Starts Caddy on a configuration file. */
async function withCaddy(config: string | undefined, use: (at: Bench) => Promise<void>): Promise<void> {
  const at = await bench({ programs: { '*caddy': caddyProgram } })
  const spec = await registry('caddy:2.8', undefined)
  if (typeof spec === 'object') at.double.addImage('caddy:2.8', spec)
  const folder = join(at.folder, 'state', 'host', 'caddy')
  mkdirSync(folder, { recursive: true })
  if (config !== undefined) writeFileSync(join(folder, 'Caddyfile'), config)
  const container = await at.docker.createContainer({
    name: 'proxy',
    Image: 'caddy:2.8',
    HostConfig: { Binds: ['/caddy:/etc/caddy'], PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '80' }] } },
  })
  await container.start()
  await use(at).finally(() => at.end())
}

const exec = async (at: Bench, cmd: readonly string[]) => {
  const made = await at.docker.getContainer('proxy').exec({ Cmd: [...cmd], AttachStdout: true, AttachStderr: true })
  const text = (await whole(await made.start({}))).toString()
  return { code: (await made.inspect()).ExitCode, text }
}

test('sends visitors to the encrypted address', () =>
  withCaddy('chat.example.org {\n\treverse_proxy rocketchat:3000\n}\n', async (at) => {
    await until('it has happened', () => at.double.resolvePort('127.0.0.1', 80) !== undefined)
    const answer = await fetch(`http://127.0.0.1:${at.double.resolvePort('127.0.0.1', 80)}/x`, { redirect: 'manual' })
    assert.is(answer.status, 308)
    assert.match(answer.headers.get('location') ?? '', /^https:\/\/127\.0\.0\.1:\d+\/x$/)
    assert.is((await exec(at, ['caddy', 'validate', '--config', '/etc/caddy/Caddyfile'])).code, 0)
    writeFileSync(join(at.folder, 'state', 'host', 'caddy', 'Caddyfile'), 'chat.example.org {\n')
    const bad = await exec(at, ['caddy', 'reload', '-c', '/etc/caddy/Caddyfile'])
    assert.is(bad.code, 1)
    assert.match(bad.text, /expected a closing '}'/)
  }))

for (const [title, config, words] of [
  ['without a configuration', undefined, /no such file or directory/],
  ['with a brace too many', '}\n', /Caddyfile:1: unexpected '}'/],
] as const) {
  test(`does not start ${title}`, () =>
    withCaddy(config, async (at) => {
      await until('it has happened', () => !at.double.inspect('proxy').State.Running)
      assert.is(at.double.inspect('proxy').State.ExitCode, 1)
      const log = await at.docker.getContainer('proxy').logs({ stdout: true, stderr: true })
      assert.match(log.toString(), words)
    }))
}

test.run()

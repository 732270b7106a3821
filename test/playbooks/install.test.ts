import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { HostDouble } from '../../lib/sandbox/host-double.ts'
import { imageArchive } from '../fakes/image-archive.ts'
import { type Rehearsal, rehearsal } from '../fakes/rehearsal.ts'
import { type Ran, runWords } from '../fakes/run-words.ts'
import { overStreams } from '../lib/sandbox/docker/bench.ts'

const test = suite('playbooks/install')

const chat = 'registry.rocket.chat/rocketchat/rocket.chat:8.6.1'
const mongo = 'docker.io/library/mongo:8.0.17'
const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\nan invented key\n-----END PGP PUBLIC KEY BLOCK-----\n'

const changed = (ran: Ran): readonly string[] => ran.tasks.filter((one) => one.endsWith(' changed'))
const fine = (ran: Ran): void =>
  assert.is(ran.code, 0, ran.findings.map((one) => `${one.message}\n${one.detail ?? ''}`).join('\n'))

const file = (host: HostDouble, name: string): string | undefined => {
  const full = path.join(host.machine.root, name)
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined
}

async function container(host: HostDouble, name: string) {
  const docker = host.docker()
  if (docker === undefined) throw new Error('the engine does not run')
  return overStreams(docker).getContainer(name).inspect()
}

async function within(
  use: (at: Rehearsal, run: (...words: string[]) => Promise<Ran>) => Promise<void>,
  ...given: Parameters<typeof rehearsal>
): Promise<void> {
  const at = await rehearsal(...given)
  try {
    await use(at, (...words) => runWords('install.yml', ['--inventory', at.inventory, ...words]))
  } finally {
    await at.remove()
  }
}

test('with the means of a closed network: vendor packages, proxy, mirrors and images from archives', () =>
  within(
    async ({ inventory, host }, run) => {
      writeFileSync(path.join(inventory, 'docker.asc'), key)
      writeFileSync(path.join(inventory, 'chat.tar'), imageArchive(chat))
      writeFileSync(path.join(inventory, 'mongo.tar'), imageArchive(mongo))
      const ran = await run()
      fine(ran)
      assert.match(ran.messages, /Chain +well[\s\S]*Web socket +well[\s\S]*Upload +well +3\.0 MB/)
      assert.match(
        file(host, 'etc/apt/sources.list.d/docker.list') ?? '',
        'deb [signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian bookworm stable\n',
      )
      assert.is(file(host, 'etc/apt/keyrings/docker.asc'), key)
      assert.match(file(host, 'var/lib/dpkg/status') ?? '', /^Package: docker-ce$/m)
      assert.not.match(file(host, 'var/lib/dpkg/status') ?? '', /^Package: docker\.io$/m)
      assert.equal(JSON.parse(file(host, 'etc/docker/daemon.json') ?? ''), {
        'registry-mirrors': ['https://mirror.example.org'],
      })
      const proxy = file(host, 'etc/systemd/system/docker.service.d/ametys-proxy.conf') ?? ''
      assert.match(proxy, 'Environment="HTTPS_PROXY=http://proxy.example.org:3128"')
      assert.match(proxy, 'Environment="NO_PROXY=localhost,127.0.0.1"')
      const own = file(host, 'opt/rocketchat/rocketchat/env') ?? ''
      assert.match(own, 'export HTTPS_PROXY=http://proxy.example.org:3128\n')
      assert.match(own, 'export NO_PROXY=localhost,127.0.0.1,mongodb\n')
      // The engine found its settings when it started first: nothing had to be restarted.
      assert.not.ok(ran.tasks.includes('Restart Docker changed'))

      const again = await run()
      fine(again)
      assert.equal(changed(again), [])
      assert.match(again.messages, /Upload +well +1\.0 MB/, 'nothing changed on the way of a large file')

      writeFileSync(path.join(host.machine.root, 'etc/docker/daemon.json'), '{"log-level": "warn"}')
      const mended = await run()
      fine(mended)
      assert.equal(changed(mended), ['The engine asks the mirrors first changed', 'Restart Docker changed'])
      assert.equal(JSON.parse(file(host, 'etc/docker/daemon.json') ?? ''), {
        'log-level': 'warn',
        'registry-mirrors': ['https://mirror.example.org'],
      })

      const before = { ...host.writes }
      const other = await run('-e', 'docker_source=distribution')
      assert.is(other.code, 1)
      assert.is(other.findings[0]?.code, 'docker-of-other-source')
      assert.match(
        other.findings[0]?.message ?? '',
        'Docker is there from another source: docker-ce, and not docker.io',
      )
      assert.equal(host.writes, before)
    },
    {},
    { unreachable: ['registry.rocket.chat', 'registry-1.docker.io'] },
    {
      docker_source: 'vendor',
      docker_vendor_key: 'docker.asc',
      docker_vendor_key_sha256: createHash('sha256').update(key).digest('hex'),
      docker_proxy: 'http://proxy.example.org:3128',
      docker_registry_mirrors: ['https://mirror.example.org'],
      rocketchat_image_archive: 'chat.tar',
      mongodb_image_archive: 'mongo.tar',
      rocketchat_proof_upload_size: 3_000_000,
    },
  ))

test('a key that is not the published one is refused before it is used', () =>
  within(
    async ({ inventory, host }, run) => {
      writeFileSync(path.join(inventory, 'docker.asc'), key)
      const ran = await run('--tags', 'docker')
      assert.is(ran.code, 1)
      assert.match(ran.findings[0]?.message ?? '', 'docker.asc is not the key that is expected')
      assert.is(file(host, 'etc/apt/keyrings/docker.asc'), undefined)
    },
    {},
    {},
    { docker_source: 'vendor', docker_vendor_key: 'docker.asc' },
  ))

test('containers say who made them, are checked for what matters, bounded and restarted; a second run needs no registry', () =>
  within(async ({ host }, run) => {
    fine(await run())
    const database = await container(host, 'mongodb')
    const server = await container(host, 'rocketchat')
    for (const one of [database, server]) {
      assert.is(one.State.Health?.Status, 'healthy', one.Name)
      assert.match(one.Config.Labels['org.ametys.rocketchat.run'] ?? '', /^\d{4}-\d\d-\d\dT/)
      assert.is(one.Config.Labels['org.ametys.rocketchat.inventory'], 'inventory')
      assert.equal(one.HostConfig.LogConfig, { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } })
      assert.is(one.HostConfig.RestartPolicy?.Name, 'unless-stopped')
      assert.is(one.HostConfig.Memory, 2 * 2 ** 30)
    }
    assert.is(server.Config.Labels['org.ametys.rocketchat.version'], '8.6.1')
    assert.match(database.Config.Healthcheck?.Test?.join(' ') ?? '', 'isWritablePrimary')
    assert.equal(Object.keys(database.HostConfig.PortBindings ?? {}), [])

    host.machine.faults.unreachable = ['registry.rocket.chat', 'registry-1.docker.io', 'collector.rocket.chat']
    const again = await run()
    fine(again)
    assert.equal(changed(again), [])
    assert.ok(again.findings.some((one) => one.severity === 'warning' && one.code === 'collector-unreachable'))
    assert.not.ok(again.findings.some((one) => one.code.startsWith('registry-')))
  }))

test('a container and a volume of somebody else stop the run, unless they are adopted', () =>
  within(async ({ host, inventory }, run) => {
    fine(await run('--tags', 'docker', '--skip-tags', 'always'))
    const docker = host.docker()
    if (docker === undefined) throw new Error('the engine does not run')
    const engine = overStreams(docker)
    docker.addImage(mongo, {})
    await engine.createContainer({ name: 'mongodb', Image: mongo })
    await engine.createVolume({ Name: 'rocketchat_mongodb' })
    const before = host.writes.docker
    const ran = await run()
    assert.is(ran.code, 1)
    assert.equal(
      ran.findings.map((one) => one.code),
      ['server-in-use', 'server-in-use'],
    )
    assert.is(host.writes.docker, before)
    const adopted = await runWords('preflight.yml', ['--inventory', inventory, '-e', 'rocketchat_adopt=true'])
    fine(adopted)
  }))

test.run()

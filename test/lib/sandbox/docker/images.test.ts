import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type Docker from 'dockerode'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Registry } from '../../../../lib/sandbox/docker/image-spec.ts'
import { readTar, writeTar } from '../../../../lib/sandbox/docker/tar.ts'
import { bench, overStreams, refusal, whole } from './bench.ts'

const test = suite('lib/sandbox/docker/images')

const asked: unknown[] = []
const registry: Registry = (reference, credentials) => {
  asked.push([reference, credentials])
  if (reference.startsWith('private')) return credentials === undefined ? 'no-repository' : {}
  if (reference.startsWith('far')) return 'unreachable'
  if (reference.startsWith('cut')) return 'broken'
  if (reference.startsWith('busy')) return 'throttled'
  return reference.endsWith(':absent') ? undefined : { cmd: ['serve'], exposedPorts: ['80/tcp'], size: 1000 }
}

const pull = async (docker: Docker, name: string, options = {}): Promise<readonly string[]> => {
  const stream = await docker.pull(name, options)
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (problem, lines) =>
      problem ? reject(problem) : resolve(lines.map((line) => line.error ?? line.status)),
    )
  })
}

test('a pull tells its progress and is repeated for nothing', async () => {
  const { docker, double, end } = await bench({ registry })
  try {
    for (const client of [docker, overStreams(double)]) {
      const first = await pull(client, client === docker ? 'web:1' : 'mail:1')
      assert.match(first[0] ?? '', /^Pulling from (?:web|mail)$/)
      assert.ok(first.includes('Downloading'))
      assert.match(first.at(-1) ?? '', /^Status: Downloaded newer image for (?:web|mail):1$/)
    }
    assert.is((await pull(docker, 'docker.io/library/web:1')).at(-1), 'Status: Image is up to date for web:1')
    const image = await docker.getImage('web:1').inspect()
    assert.equal(image.RepoTags, ['web:1'])
    assert.equal(image.Config.Cmd, ['serve'])
    const [digest = ''] = image.RepoDigests
    await pull(docker, digest)
    assert.is((await docker.getImage(digest).inspect()).Id, image.Id)
    assert.is((await docker.listImages({ filters: { reference: ['web'] } })).length, 1)
    assert.is((await docker.listImages({ filters: { reference: ['w*:2'] } })).length, 0)
    assert.is((await docker.getImage('web:2').distribution()).Descriptor.digest.length, 71)
  } finally {
    await end()
  }
})

test('a pull that fails says why', async () => {
  const { docker, end } = await bench({ registry })
  try {
    assert.is(
      await refusal(docker.pull('web:absent')),
      '404 manifest for web:absent not found: manifest unknown: manifest unknown',
    )
    assert.match(
      await refusal(docker.pull('private/web:1')),
      /^404 pull access denied for private\/web, repository does not exist/,
    )
    assert.match(
      await refusal(docker.pull('far.example.org/web:1')),
      /^500 Get "https:\/\/far\.example\.org\/v2\/": dial tcp: lookup/,
    )
    assert.match(await refusal(docker.pull('busy:1')), /^429 toomanyrequests/)
    assert.equal(await pull(docker, 'cut:1'), ['Pulling from cut', 'unexpected EOF'])
    assert.match(
      await refusal(docker.pull('Web:1')),
      /^400 invalid reference format: repository name \(library\/Web\) must be lowercase/,
    )
    assert.match(
      await refusal(docker.createImage({ fromImage: 'web' })),
      /^501 the sandbox engine does not pull all tags of "web": name one/,
    )
    assert.equal(await docker.listImages(), [])
    await pull(docker, 'private/web:1', { authconfig: { username: 'deploy', password: 'pw', serveraddress: '' } })
    assert.equal(asked.at(-1), ['private/web:1', { username: 'deploy', password: 'pw' }])
  } finally {
    await end()
  }
})

test('tags come and go, images in use stay', async () => {
  const { docker, double, end } = await bench()
  try {
    double.addImage('web:1', {})
    const image = docker.getImage('web:1')
    const { Id } = await image.inspect()
    await image.tag({ repo: 'registry.example.org:5000/web', tag: 'mine' })
    assert.match(
      await refusal(docker.getImage(Id).remove()),
      /^409 conflict: unable to delete \w{12} \(must be forced\) - image is referenced/,
    )
    assert.equal(await docker.getImage('registry.example.org:5000/web:mine').remove(), [
      { Untagged: 'registry.example.org:5000/web:mine' },
    ])
    const container = await docker.createContainer({ Image: 'web:1' })
    assert.match(
      await refusal(image.remove()),
      /^409 conflict: unable to remove repository reference "web:1" \(must force\) - container \w{12} is using its referenced image \w{12}$/,
    )
    await container.start()
    assert.match(
      await refusal(docker.getImage(Id).remove({ force: true })),
      /\(cannot be forced\) - image is being used by running/,
    )
    await container.remove({ force: true })
    assert.equal((await image.remove())[0], { Untagged: 'web:1' })
    assert.is(await refusal(image.inspect()), '404 No such image: web:1')
    // A tag that moves leaves its old image behind without a name.
    double.addImage('web:1', { env: { V: '1' } })
    double.addImage('web:1', { env: { V: '2' } })
    assert.is((await docker.listImages({ filters: { dangling: ['true'] } })).length, 1)
    await docker.pruneImages()
    assert.is((await docker.listImages()).length, 1)
  } finally {
    await end()
  }
})

const load = async (docker: Docker, archive: Buffer): Promise<readonly Record<string, unknown>[]> => {
  const stream = await docker.loadImage(Readable.from([archive]))
  const text = (await whole(stream)).toString()
  return text
    .trim()
    .split('\r\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
}

const config = {
  architecture: 'amd64',
  config: { Env: ['A=1'], Cmd: ['serve'], ExposedPorts: { '80/tcp': {} }, Labels: { a: 'b' } },
  rootfs: { diff_ids: ['sha256:00'] },
}

const archive = (layer = 'l/layer.tar') =>
  writeTar([
    { header: { name: 'blobs/sha256/c0' }, content: Buffer.from(JSON.stringify(config)) },
    { header: { name: 'l/', type: 'directory' } },
    { header: { name: 'l/layer.tar' }, content: Buffer.alloc(70_000) },
    {
      header: { name: 'manifest.json' },
      content: Buffer.from(
        JSON.stringify([{ Config: 'blobs/sha256/c0', RepoTags: ['web:9', 'web:latest'], Layers: [layer] }]),
      ),
    },
  ])

test('a docker archive is loaded, zipped or not', async () => {
  for (const packed of [archive(), gzipSync(archive())]) {
    const { docker, end } = await bench()
    try {
      assert.equal(await load(docker, packed), [
        { stream: 'Loaded image: web:9\n' },
        { stream: 'Loaded image: web:latest\n' },
      ])
      const image = await docker.getImage('web:9').inspect()
      assert.equal(image.Config.Env, ['A=1'])
      assert.equal(image.RepoTags, ['web:9', 'web:latest'])
      const container = await docker.createContainer({ Image: 'web' })
      assert.equal((await container.inspect()).Config.Cmd, ['serve'])
    } finally {
      await end()
    }
  }
})

test('an archive that is none is told in the stream', async () => {
  const { docker, end } = await bench()
  const trouble = async (packed: Buffer) => (await load(docker, packed))[0]?.error
  try {
    assert.is(await trouble(Buffer.alloc(2000, 'x')), 'archive/tar: invalid tar header')
    assert.is(await trouble(archive().subarray(0, 5000)), 'unexpected EOF')
    assert.is(await trouble(writeTar([])), 'invalid archive: does not contain a manifest.json')
    assert.match(String(await trouble(archive('m/layer.tar'))), /m\/layer\.tar: no such file or directory$/)
    assert.equal(await docker.listImages(), [])
  } finally {
    await end()
  }
})

test('an image keeps its id through save and load', async () => {
  const one = await bench()
  const two = await bench()
  try {
    one.double.addImage('web:1', { env: { A: '1' } })
    const packed = await whole(await one.docker.getImage('web:1').get())
    const names: string[] = []
    for await (const { header } of readTar(Readable.from([packed]))) names.push(header.name)
    assert.ok(names.includes('manifest.json'))
    await load(two.docker, packed)
    assert.is((await two.docker.getImage('web:1').inspect()).Id, (await one.docker.getImage('web:1').inspect()).Id)
  } finally {
    await one.end()
    await two.end()
  }
})

test.run()

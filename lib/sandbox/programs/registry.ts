import type { ImageSpec, Registry } from '../docker/image-spec.ts'

/** A repository that the sandbox can pull from. */
interface Repository {
  /** The reference without its tag, in the short form. */
  readonly name: RegExp
  readonly hasTag: (tag: string) => boolean
  readonly spec: (tag: string) => ImageSpec
}

const MIB = 2 ** 20

const repositories: readonly Repository[] = [
  {
    name: /(?:^|\/)rocket\.chat$/,
    hasTag: (tag) => /^[678]\.\d+(?:\.\d+)?(?:-[\w.]+)?$/.test(tag) || tag === 'latest',
    spec: (tag) => ({
      cmd: ['node', 'main.js'],
      user: '65533',
      workingDir: '/app/bundle',
      exposedPorts: ['3000/tcp'],
      volumes: ['/app/uploads'],
      env: {
        DEPLOY_METHOD: 'docker',
        NODE_ENV: 'production',
        MONGO_URL: 'mongodb://mongo:27017/meteor',
        HOME: '/tmp',
        PORT: '3000',
        ROOT_URL: 'http://localhost:3000',
      },
      labels: { 'org.opencontainers.image.version': tag },
      size: 560 * MIB,
    }),
  },
  {
    name: /^(?:.*\/)?mongo$/,
    hasTag: (tag) => /^(?:4\.4|[5-8]\.[0-3])(?:\.\d+)?(?:-[\w.]+)?$/.test(tag) || /^(?:[5-8]|latest)$/.test(tag),
    spec: (tag) => ({
      entrypoint: ['docker-entrypoint.sh'],
      cmd: ['mongod'],
      exposedPorts: ['27017/tcp'],
      volumes: ['/data/configdb', '/data/db'],
      env: { MONGO_MAJOR: tag.split('.').slice(0, 2).join('.'), MONGO_VERSION: tag, HOME: '/data/db' },
      size: 780 * MIB,
    }),
  },
  {
    name: /(?:^|\/)mongodb-community-server$/,
    hasTag: (tag) => /^[5-8]\.\d/.test(tag),
    spec: () => ({
      entrypoint: ['python3', '/usr/local/bin/docker-entrypoint.py'],
      cmd: ['mongod'],
      user: 'mongod',
      exposedPorts: ['27017/tcp'],
      volumes: ['/data/db'],
      size: 900 * MIB,
    }),
  },
  {
    name: /^(?:.*\/)?caddy$/,
    hasTag: (tag) => /^2(?:\.\d+){0,2}(?:-alpine)?$/.test(tag) || tag === 'latest' || tag === 'alpine',
    spec: (tag) => ({
      cmd: ['caddy', 'run', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'],
      workingDir: '/srv',
      exposedPorts: ['80/tcp', '443/tcp', '443/udp', '2019/tcp'],
      env: { CADDY_VERSION: `v${tag}`, XDG_CONFIG_HOME: '/config', XDG_DATA_HOME: '/data' },
      size: 50 * MIB,
    }),
  },
]

/**
 * The registries as the sandbox knows them: the images that an installation of Rocket.Chat is made of, under any registry's
 * name. A reference by digest exists when its repository does.
 */
export const registry: Registry = (reference) => {
  const [named = '', digest] = reference.split('@', 2)
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const repository = tagged ? named.slice(0, colon) : named
  const found = repositories.find(({ name }) => name.test(repository))
  if (found === undefined) return 'no-repository'
  const tag = tagged ? named.slice(colon + 1) : 'latest'
  if (digest !== undefined) return { ...found.spec(tag), digest }
  return found.hasTag(tag) ? found.spec(tag) : 'no-tag'
}

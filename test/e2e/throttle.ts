import net from 'node:net'
import { Transform } from 'node:stream'

/**
 * A network of limited speed, as a program: `node throttle.ts TARGET_PORT BYTES_PER_SECOND` prints the port it listens
 * on and hands everything on to the target port of the loopback interface. It is a process of its own so that the
 * measured program has its processor for itself.
 */
const [target, rate] = process.argv.slice(2).map(Number) as [number, number]

const slowly = () => {
  let free = performance.now()
  return new Transform({
    highWaterMark: 256 * 1024,
    transform(chunk: Buffer, _encoding, done) {
      free = Math.max(free, performance.now() - 20) + (chunk.length / rate) * 1000
      setTimeout(() => done(null, chunk), Math.max(0, free - performance.now()))
    },
  })
}

const server = net.createServer((near) => {
  const far = net.connect({ port: target, host: '127.0.0.1', noDelay: true })
  near.setNoDelay(true)
  for (const one of [near, far]) one.on('error', () => undefined)
  near.pipe(slowly()).pipe(far)
  far.pipe(slowly()).pipe(near)
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as net.AddressInfo).port}\n`))

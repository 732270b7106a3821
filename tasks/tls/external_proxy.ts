import { s, task } from '../../lib/task.ts'

export default task({
  summary: 'Says what a proxy of yours has to forward to Rocket.Chat.',
  args: s.args({
    url: s.string('Public address of the chat.'),
    address: s.string('Address and port at which Rocket.Chat listens for the proxy.'),
    forwarded_count: s.int('Proxies in front of Rocket.Chat whose X-Forwarded-For is believed.', { min: 1 }),
    max_upload: s.int('Bytes of the largest file that may be uploaded; -1 is no limit.'),
  }),
  examples: [
    'external_proxy: { url: "https://chat.example.org", address: "127.0.0.1:3000", forwarded_count: 1, max_upload: 104857600 }',
  ],
  probe: () => ({ ask: [], read: () => undefined }),
  diff: () => [],
  result: ({ url, address, forwarded_count, max_upload }) => {
    const { host, protocol } = new URL(url)
    const hops =
      forwarded_count === 1
        ? 'X-Forwarded-For          the address of the browser, in place of what the browser sent'
        : `X-Forwarded-For          each of the ${forwarded_count} proxies adds the address it is asked from (rocketchat_forwarded_count: ${forwarded_count})`
    return {
      message: [
        `Your proxy ends ${protocol.slice(0, -1)} for ${host} and forwards everything to http://${address}:`,
        '  request headers',
        '    Host                     as the browser sent it',
        `    ${hops}`,
        `    X-Forwarded-Proto        ${protocol.slice(0, -1)}`,
        '    X-Real-IP                the address of the browser, in place of what the browser sent',
        '  web sockets                HTTP/1.1 with the headers Upgrade and Connection, at /websocket and /sockjs/',
        `  size of a request          ${max_upload < 0 ? 'any' : `at least ${Math.ceil(max_upload / 2 ** 20) + 1} MiB: FileUpload_MaxFileSize and what is around a file`}`,
        '  time without a byte        at least 60 seconds, so that quiet web sockets stay open',
        '  not to be cached           /api, /avatar, /file-upload, /websocket, /sockjs',
        protocol === 'https:'
          ? '  http                       port 80 sends browsers to https (301 or 308), TLS 1.2 and 1.3 only'
          : '',
        '  nobody else                may reach that port: who does can forge X-Forwarded-For',
      ]
        .filter((line) => line !== '')
        .join('\n'),
    }
  },
})

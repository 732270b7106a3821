import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import chatAddress from '../../../tasks/tls/chat_address.ts'
import { argsOf, context } from '../../fakes/task.ts'

const test = suite('tasks/tls/chat_address')

const https = 'https://chat.example.org'
const http = 'http://chat.example.org'
const given = (written: { readonly [name: string]: unknown }) =>
  argsOf(chatAddress, { url: https, ametys: ['https://cms.example.org'], ...written })

const refused = (title: string, written: { readonly [name: string]: unknown }, code: string, words: RegExp) =>
  test(`refuses ${title}`, () => {
    const [found, ...more] = chatAddress.validate?.(given(written), context) ?? []
    assert.is(found?.diagnostic.code, code)
    assert.match(`${found?.diagnostic.message} ${found?.diagnostic.mend}`, words)
    assert.equal(more, [])
  })

const told = (title: string, written: { readonly [name: string]: unknown }, why: string, warnings = 0) =>
  test(`takes ${title}`, () => {
    const args = given(written)
    assert.equal(chatAddress.validate?.(args, context), [])
    const result = chatAddress.result?.(args, undefined)
    assert.is(result?.message, why)
    assert.is(result?.warnings?.length ?? 0, warnings)
  })

refused('http when one address is https', { url: http }, 'chat-must-be-https', /because https:\/\/cms\.example\.org is/)
refused(
  'http when some are, however they are written',
  { url: http, ametys: ['http://a.example.org', 'HTTPS://b.example.org', 'https://c.example.org'] },
  'chat-must-be-https',
  /because https:\/\/b\.example\.org, https:\/\/c\.example\.org are/,
)
refused('what is no address', { url: 'chat.example.org' }, 'bad-address', /https:\/\/chat\.example\.org/)
refused(
  'https without a source',
  { certificate: '' },
  'certificate-source-missing',
  /acme .*files .*internal .*external /,
)
refused('an unknown source', { certificate: 'acmee' }, 'wrong-argument', /did you mean "acme"/)
refused(
  'files without their names',
  { certificate: 'files', certificate_key_given: true },
  'certificate-source-missing',
  /no rocketchat_certificate_file/,
)
refused(
  'files without a key',
  { certificate: 'files', certificate_file: 'a.pem' },
  'certificate-source-missing',
  /no rocketchat_certificate_key_file/,
)
refused(
  'a proxy that nobody counts',
  { certificate: 'external', forwarded_count: 0 },
  'wrong-argument',
  /rocketchat_forwarded_count/,
)
const public_ = { certificate: 'acme', acme_directory: 'https://acme-v02.api.letsencrypt.org/directory' }
for (const name of ['192.0.2.7', 'chat', 'chat.lan', '[2001:db8::1]'])
  refused(
    `${name} with Let’s Encrypt`,
    { ...public_, url: `https://${name}` },
    'certificate-name-unfit',
    /acme_directory/,
  )
refused('an unknown challenge', { ...public_, acme_challenges: ['dns-01'] }, 'wrong-argument', /http-01, tls-alpn-01/)
refused('no challenge', { ...public_, acme_challenges: [] }, 'wrong-argument', /is empty/)

const must = 'the chat must be https because https://cms.example.org is'
told('https with a source', public_, must)
told(
  'any name with an authority of one’s own',
  { ...public_, acme_directory: 'https://acme.lan/dir', url: 'https://chat.lan' },
  must,
)
told('an installation of somebody else, whose certificate is not ours to decide', {}, must)
told(
  'http when no address is https',
  { url: http, ametys: ['http://cms.example.org'], certificate: '' },
  'the chat may be on http, as no address of Ametys is https',
)
told(
  'https when no address is',
  { ametys: ['http://cms.example.org'], certificate: 'internal' },
  'the chat is on https; http would do, as no address of Ametys is https',
)
told(
  'a source that http does not use, with a warning',
  { url: http, ametys: ['http://cms.example.org'], certificate: 'internal' },
  'the chat may be on http, as no address of Ametys is https',
  1,
)

test.run()

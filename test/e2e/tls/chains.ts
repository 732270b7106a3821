import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command } from '../machine/command.ts'

/** Certificates that OpenSSL made. */
export interface Chains {
  /** The authority, as PEM. */
  readonly root: string
  /** A certificate of the authority for this machine's own servers. */
  readonly server: { readonly chain: string; readonly key: string }
  /** What an operator may have: each a chain and a key. */
  readonly of: (kind: Kind) => { readonly chain: string; readonly key: string }
}

export type Kind =
  | 'good'
  | 'next'
  | 'expired'
  | 'wrong name'
  | 'no intermediate'
  | 'wrong key'
  | 'self-signed'
  | 'backwards'

const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '')

/** Makes an authority with an intermediate, and certificates for `name` and for the address of this machine. */
export async function makeChains(folder: string, name: string, address: string): Promise<Chains> {
  mkdirSync(folder, { recursive: true })
  const at = (file: string) => join(folder, file)
  const text = (file: string) => readFileSync(at(file), 'utf8')
  const openssl = (...words: string[]) => command('openssl', words, { cwd: folder })
  writeFileSync(at('index'), '')
  writeFileSync(
    at('conf'),
    [
      '[ca]\ndefault_ca=own',
      '[own]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=any\nunique_subject=no\nemail_in_dn=no',
      '[any]\ncommonName=supplied',
      '[req]\ndistinguished_name=dn\n[dn]',
      '[authority]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash',
      `[name]\nsubjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:false`,
      '[other]\nsubjectAltName=DNS:other.example.org\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:false',
      `[server]\nsubjectAltName=IP:${address}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:false`,
    ].join('\n\n'),
  )
  const issue = async (file: string, by: string, extensions: string, from = -1, until = 60) => {
    const subject = `/CN=${file}`
    await openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', `${file}.key`)
    await openssl('req', '-new', '-config', 'conf', '-key', `${file}.key`, '-subj', subject, '-out', `${file}.csr`)
    const signing =
      by === file ? ['-selfsign', '-keyfile', `${file}.key`] : ['-cert', `${by}.crt`, '-keyfile', `${by}.key`]
    const dates = ['-startdate', `${days(from)}`, '-enddate', `${days(until)}`]
    const words = ['-batch', '-notext', '-config', 'conf', '-extensions', extensions, '-in', `${file}.csr`]
    await openssl('ca', ...words, ...signing, ...dates, '-out', `${file}.crt`)
  }
  await issue('root', 'root', 'authority')
  await issue('middle', 'root', 'authority')
  await issue('good', 'middle', 'name')
  await issue('next', 'middle', 'name')
  await issue('expired', 'middle', 'name', -30, -1)
  await issue('other', 'middle', 'other')
  await issue('alone', 'alone', 'name')
  await issue('server', 'middle', 'server')
  const middle = text('middle.crt')
  const pair = (file: string) => ({ chain: text(`${file}.crt`) + middle, key: text(`${file}.key`) })
  const kinds: { readonly [kind in Kind]: { readonly chain: string; readonly key: string } } = {
    good: pair('good'),
    next: pair('next'),
    expired: pair('expired'),
    'wrong name': pair('other'),
    'no intermediate': { chain: text('good.crt'), key: text('good.key') },
    'wrong key': { chain: text('good.crt') + middle, key: text('next.key') },
    'self-signed': { chain: text('alone.crt'), key: text('alone.key') },
    backwards: { chain: middle + text('good.crt'), key: text('good.key') },
  }
  return { root: text('root.crt'), server: pair('server'), of: (kind) => kinds[kind] }
}

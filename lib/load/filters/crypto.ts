import { createHash, getHashes } from 'node:crypto'
import { didYouMean } from '../../core/closest.ts'
import { Fault } from '../template/error.ts'
import { str } from '../template/text.ts'
import { type FilterTable, reading } from './definition.ts'

const kinds = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3_224', 'sha3_256', 'sha3_384', 'sha3_512']

function digest(kind: string, text: string): string {
  const name = kind.replace(/^sha3_/, 'sha3-')
  if (!kinds.includes(kind) || !getHashes().includes(name))
    throw new Fault('template-argument', `there is no hash "${kind}"`, { mend: didYouMean(kind, kinds, 'hashes') })
  return createHash(name).update(text).digest('hex')
}

/** The namespace that Ansible makes its names from: https://docs.ansible.com/ansible/latest/collections/ansible/builtin/to_uuid_filter.html */
const ansibleNamespace = '361e6d51-faec-444a-9079-341386da8e2e'

/** A name-based UUID, version 5 (RFC 9562). */
function uuid5(name: string, namespace: string): string {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex')
  if (space.length !== 16) throw new Fault('template-argument', 'the filter "to_uuid" needs a UUID as "namespace"')
  const hash = createHash('sha1').update(space).update(name).digest().subarray(0, 16)
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Filters that make digests. */
export const crypto: FilterTable = {
  hash: reading('hashtype', (input, args) => digest(args.text('hashtype', 'sha1'), str(input))),
  md5: reading('', (input) => digest('md5', str(input))),
  sha1: reading('', (input) => digest('sha1', str(input))),
  checksum: reading('', (input) => digest('sha1', str(input))),
  to_uuid: reading('namespace', (input, args) => uuid5(str(input), args.text('namespace', ansibleNamespace))),
}

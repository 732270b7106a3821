import { X509Certificate } from 'node:crypto'
import type { Answer } from '../task.ts'

/** The certificates that the observer `authorities` saw; one that cannot be read is trusted by nobody. */
export function trustedBy(answer: Answer | undefined): readonly X509Certificate[] {
  const { certificates = [] } = (answer?.json ?? {}) as { readonly certificates?: readonly string[] }
  return certificates.flatMap((pem) => {
    try {
      return [new X509Certificate(pem)]
    } catch {
      return []
    }
  })
}

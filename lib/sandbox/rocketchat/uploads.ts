import { refuse, refusePlain } from './answers.ts'
import type { Call } from './call.ts'
import type { Doc } from './documents.ts'
import type { Part } from './request-body.ts'

/** The one file of a multipart body, under the expected name, and the plain fields beside it. Throws what is wrong. */
export function uploadedFile(call: Call, name: string): { part: Part; fields: Doc } {
  if (!call.parts) throw refusePlain(`Unsupported content type: ${call.contentType}`)
  const files = call.parts.filter(({ filename }) => filename !== undefined)
  if (files.length > 1) throw refuse('Just 1 file is allowed')
  const part = files[0]
  if (!part) throw refuse('No file uploaded')
  if (part.name !== name) throw refuse('invalid-field')
  const plain = call.parts.filter(({ filename }) => filename === undefined)
  return { part, fields: Object.fromEntries(plain.map((each) => [each.name, each.content.toString()])) }
}

import type { Engine } from './engine.ts'
import { plainProgram } from './plain-program.ts'
import type { Program } from './program.ts'
import type { ContainerRecord } from './records.ts'

const repositoryOf = (reference: string): string => {
  const bare = reference.split('@')[0] ?? ''
  const colon = bare.lastIndexOf(':')
  return colon > bare.lastIndexOf('/') ? bare.slice(0, colon) : bare
}

const pattern = (matcher: string): RegExp =>
  new RegExp(`^${matcher.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`)

/**
 * The program for a container: the first whose matcher fits the image as the container names it, or one of the image's tags. A matcher
 * is a repository (`mongo`, `registry.example.org/rocket.chat`) or repository and tag; `*` stands for any text. Without a match the
 * container just sits there until it is stopped.
 */
export const programFor = (engine: Engine, container: ContainerRecord): Program => {
  const image = engine.records.images.find(({ Id }) => Id === container.ImageId)
  const names = [container.Config.Image, ...(image?.RepoTags ?? []), ...(image?.RepoDigests ?? [])]
  const forms = names.flatMap((name) => [name, repositoryOf(name)])
  for (const [matcher, program] of Object.entries(engine.settings.programs)) {
    const form = pattern(matcher)
    if (forms.some((name) => form.test(name))) return program
  }
  return plainProgram
}

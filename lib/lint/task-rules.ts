import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Task } from '../core/playbook.ts'
import { moduleInstead } from './commands.ts'
import { found } from './finding.ts'

/** What a rule may know besides the task. */
export interface About {
  /** Whether there is a task module of that name. */
  readonly hasModule: (name: string) => boolean
}

type Rule = (task: Task, about: About) => Diagnostic | undefined

const isTemplate = (text: string) => /\{\{|\{%/.test(text)

/** The recap, --start-at-task and whoever reads the output need a name. */
const unnamed: Rule = (task) => {
  if (task.name !== undefined) return undefined
  const message = `this task (${task.moduleName}) has no name`
  return found(problem('unnamed-task', message, { mend: 'say what holds after it: name: …' }), task.at)
}

/** A module knows whether something has to be done; a command runs every time and is always "changed". */
const commandForModule: Rule = (task, { hasModule }) => {
  if (task.moduleName !== 'command' && task.moduleName !== 'shell') return undefined
  const { freeForm } = task.module.args
  const line = task.args[freeForm ?? 'cmd'] ?? task.args.cmd ?? task.args.argv
  const instead = moduleInstead(line, hasModule)
  if (instead === undefined) return undefined
  const message = `there is a task for what "${instead.word}" does`
  return found(problem('module-instead', message, { mend: `use ${instead.modules.join(' or ')}` }), task.at)
}

/** `latest` is another image on each machine and each day. */
const latestImage: Rule = (task) => {
  const key = ['image', 'name'].find(
    (one) => /^docker_(container|image)$/.test(task.moduleName) && task.args[one] !== undefined,
  )
  const image =
    key === undefined || (key === 'name' && task.moduleName === 'docker_container') ? undefined : task.args[key]
  if (key === undefined || typeof image !== 'string' || isTemplate(image) || image.includes('@')) return undefined
  const written = /:([\w][\w.-]*)$/.exec(image)?.[1]
  const tag = written ?? (typeof task.args.tag === 'string' ? task.args.tag : undefined) ?? 'latest'
  if (tag !== 'latest' || task.args.state === 'absent') return undefined
  const message = `the image ${image} is whatever is the latest`
  return found(
    problem('image-latest', message, { mend: `name a version: ${image.replace(/:latest$/, '')}:1.2.3` }),
    task.positionOf([key]),
  )
}

/** A failure that nobody looks at is a mistake that nobody finds. */
const failureIgnored: Rule = (task) => {
  const { ignoreErrors, register } = task.keywords
  if (ignoreErrors?.value !== true || register !== undefined) return undefined
  const message = 'a failure of this task is ignored, and nothing looks at its result'
  return found(
    problem('failure-ignored', message, { mend: 'register the result, or say with failed_when what is no failure' }),
    ignoreErrors.at,
  )
}

/** A condition is an expression already; braces in it are filled in first, and the text that comes out is read again. */
const templateInCondition: Rule = ({ keywords }) => {
  const conditions = [keywords.when, keywords.until, keywords.changedWhen, keywords.failedWhen]
  const wrong = conditions
    .flatMap((list) => list ?? [])
    .find(({ value }) => typeof value === 'string' && value.includes('{{'))
  if (!wrong) return undefined
  const expression = String(wrong.value).replaceAll(/\{\{\s*|\s*\}\}/g, '')
  const message = 'a condition is an expression, without braces'
  return found(problem('template-in-condition', message, { mend: `leave out the braces: ${expression}` }), wrong.at)
}

/** `with_items: packages` is the text "packages", not the variable. */
const bareVariable: Rule = ({ keywords: { loop } }) => {
  const over = loop?.over.value
  if (typeof over !== 'string' || !/^[a-z_]\w*(?:\.\w+)*$/i.test(over)) return undefined
  const message = `the loop goes over the text "${over}"`
  return found(problem('bare-variable', message, { mend: `for the variable write "{{ ${over} }}"` }), loop?.over.at)
}

const rules: readonly Rule[] = [
  unnamed,
  commandForModule,
  latestImage,
  failureIgnored,
  templateInCondition,
  bareVariable,
]

/** What the rules find at one task. */
export function lintTask(task: Task, about: About): readonly Diagnostic[] {
  return rules.flatMap((rule) => rule(task, about) ?? [])
}

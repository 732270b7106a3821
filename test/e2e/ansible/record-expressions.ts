import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../lib/root.ts'
import { expressionsFrom, expressionVariables } from '../../lib/load/expressions.ts'

/** Lets Ansible render generated expressions, and keeps what they give for test/lib/load/expressions.test.ts. */
const templates = [1, 2, 3, 4].flatMap((seed) => expressionsFrom(seed, 250))
const texts = JSON.parse(
  execFileSync('/usr/bin/python3', [join(root, 'test/e2e/ansible/expressions.py')], {
    input: JSON.stringify({ variables: expressionVariables, templates }),
    encoding: 'utf8',
  }),
) as readonly (string | null)[]
const cases = templates.map((template, index) => [template, texts[index] ?? null] as const)
const lines = [...new Map(cases)].map((one) => ` ${JSON.stringify(one)}`)
writeFileSync(join(root, 'test/lib/load/expressions.cases.json'), `[\n${lines.join(',\n')}\n]\n`)

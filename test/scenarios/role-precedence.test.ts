import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runOurs } from '../e2e/ansible/ours.ts'
import { expected, precedenceCase, writtenFor } from './role-precedence.ts'

const test = suite('scenarios/role-precedence')

/** That the model is Ansible's is seen by one of these playbooks that Ansible has run: "precedence: sixty variables, each at some levels". */
for (const seed of [1, 2, 3, 4]) {
  test(`of the levels at which a variable is written the highest wins (seed ${seed})`, async () => {
    const written = writtenFor(seed)
    const { observed, findings } = await runOurs(precedenceCase(written))
    assert.is(observed.end, 'fine', findings.map(({ message }) => message).join('\n'))
    assert.is(observed.files['web1/result']?.replace('0644 ', ''), expected(written))
  })
}

test.run()

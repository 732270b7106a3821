import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { canaryProject, type Project } from './project.ts'
import { scenarios } from './scenarios.ts'
import { type Find, type Search, searchFor } from './search.ts'

const test = suite<{ project: Project; search: Search }>('canary')

/** Plain values that only their names make us keep from sight: before masking they are the texts that they are. */
const byName = /^(given_token|env_password|pipe_password)$/

test.before(async (my) => {
  my.project = await canaryProject()
  my.search = searchFor(my.project.planted.secrets)
})
test.after(({ project }) => project.remove())

const told = (finds: readonly Find[]) =>
  finds.map(({ secret, form, place, around }) => `${secret} as ${form} in ${place}: …${around}…`)

for (const scenario of scenarios) {
  test(scenario.title, async ({ project, search }) => {
    const ran = await project.run(scenario)
    assert.equal(told(search.in(ran.traces)), [])
    if (!scenario.echoes) {
      const bare = search.in([{ place: 'the events before they are masked', text: ran.bare }])
      assert.equal(told(bare.filter(({ secret }) => !byName.test(secret))), [])
    }
    if (scenario.code !== undefined) assert.is(ran.code, scenario.code, ran.shown)
    for (const said of scenario.says ?? []) assert.match(ran.shown, said)
  })
}

test('enough happens to secrets here', () => {
  assert.ok(scenarios.length >= 100)
  assert.ok(scenarios.filter(({ code }) => code !== 0).length >= 40)
})

test.run()

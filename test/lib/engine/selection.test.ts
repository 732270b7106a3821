import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isSelected } from '../../../lib/engine/selection.ts'

const test = suite('lib/engine/selection')

const check = (tags: string[], wanted: string[], skipped: string[], expected: boolean) =>
  test(`[${tags}] with --tags [${wanted}] --skip-tags [${skipped}]`, () =>
    assert.is(isSelected(tags, { tags: wanted, skipTags: skipped }), expected))

check([], [], [], true)
check(['a'], [], [], true)
check(['never'], [], [], false)
check(['never', 'a'], [], [], false)
check(['never', 'a'], ['a'], [], true)
check(['never', 'a'], ['never'], [], true)
check(['always'], ['b'], [], true)
check(['always'], ['b'], ['always'], false)
check(['a'], ['b'], [], false)
check([], ['b'], [], false)
check(['a'], ['tagged'], [], true)
check([], ['tagged'], [], false)
check(['a'], ['untagged'], [], false)
check([], ['untagged'], [], true)
check(['never'], ['tagged'], [], false)
check(['a'], [], ['a'], false)
check(['a', 'b'], ['a'], ['b'], false)
check(['a'], [], ['tagged'], false)
check([], [], ['tagged'], true)
check([], [], ['untagged'], false)
check(['always'], [], ['all'], true)
check(['a'], [], ['all'], false)
check(['a'], ['all'], [], true)

test.run()

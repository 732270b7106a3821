import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { prepareStage, type Shown } from './stage.ts'

const test = suite('e2e/browser/style')
const stage = await prepareStage()
test.after(stage.close)

const generations = ['8.6.1', '6.14', '5-new-list', '5-old-list']

/** The computed value of a property for each element a selector finds. */
function computed(shown: Shown, selector: string, property: string): Promise<readonly string[]> {
  const elements = `[...document.querySelectorAll(${JSON.stringify(selector)})]`
  return shown.chat.evaluate(`${elements}.map((one) => getComputedStyle(one)[${JSON.stringify(property)}])`)
}

for (const generation of generations) {
  test(`${generation}: pictures of users are round, also where one failed to load`, async () => {
    const pictures = '.rcx-avatar__element, .rcx-skeleton, .avatar-image'
    const plain = await computed(await stage.open(generation, { style: '' }), pictures, 'borderTopLeftRadius')
    assert.ok(plain.length > 3)
    assert.equal(
      plain.filter((radius) => radius === '100px'),
      [],
      'round without the style sheet',
    )
    const styled = await computed(await stage.open(generation), pictures, 'borderTopLeftRadius')
    assert.equal(
      styled,
      plain.map(() => '100px'),
    )
  })

  test(`${generation}: what is left of a card is not displayed`, async () => {
    const opener = generation === '5-old-list' ? '#m1 .user' : '#m1 .rcx-message-header__name'
    for (const [style, seen] of [['', 1] as const, [undefined, 0] as const]) {
      const shown = await stage.open(generation, { script: '', ...(style !== undefined && { style }) })
      await shown.click(opener)
      assert.equal((await shown.cards()).opened, ['card alice'])
      assert.is((await shown.cards()).shown, seen)
    }
  })

  test(`${generation}: the menu of a message has no "mark as unread", and its other entries work`, async () => {
    const shown = await stage.embed(generation)
    for (const action of ['quote-message', 'delete-message']) {
      await shown.click('#more')
      assert.is(await shown.chat.getByText('mark-message-as-unread').isVisible(), false)
      await shown.chat.getByText(action).click()
      assert.equal(await shown.done(), ['menu', `action ${action}`])
    }
    const plain = await stage.embed(generation, { style: '' })
    await plain.click('#more')
    assert.is(await plain.chat.getByText('mark-message-as-unread').isVisible(), true)
  })

  test(`${generation}: a dialog of the product lies over the page and can be answered`, async () => {
    const shown = await stage.embed(generation)
    await shown.click('#delete')
    assert.equal(await computed(shown, '.rcx-modal__backdrop', 'zIndex'), ['9999'])
    await shown.click('.rcx-modal button')
    assert.equal(await shown.done(), ['dialog', 'deleted'])
  })
}

for (const generation of ['5-new-list', '5-old-list'])
  test(`${generation}: the sheet of an open card swallows no click, and what opens later is displayed`, async () => {
    const shown = await stage.open(generation, { script: '' })
    await shown.click('#leader')
    await shown.done()
    await shown.click('#other')
    assert.equal(await shown.done(), ['other'])
    await shown.chat.evaluate("document.querySelector('#react-user-card').firstElementChild.click()")
    await shown.click('#hover')
    assert.is(await shown.chat.getByText('a tooltip').isVisible(), true)
  })

test.run()

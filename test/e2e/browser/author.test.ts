import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { prepareStage, type Shown } from './stage.ts'

const test = suite('e2e/browser/author')
const stage = await prepareStage()
test.after(stage.close)

/** Where to click, who is told, and the id of which message. */
type Author = readonly [selector: string, username: string, id: string | null]
interface Page {
  readonly authors: readonly Author[]
  /** What opens a card in the product, but of which nobody is told. */
  readonly silent: readonly string[]
  /** What the product does itself on a click, if anything, and goes on doing. */
  readonly native: readonly (readonly [selector: string, does: readonly string[]])[]
}

const modern: Page = {
  authors: [
    ['#m1 .rcx-message-header__name', 'alice', 'm1'],
    ['#m1 .rcx-message-header__username', 'alice', 'm1'],
    ['#m1 .rcx-avatar__element--x36', 'alice', 'm1'],
    ['#m3 .emoji', 'emil', 'm3'],
    ['#m3 .rcx-message-header__name', 'emil', 'm3'],
    ['#m4 .rcx-skeleton', 'fay', 'm4'],
    ['#m5 .rcx-message-header__name', 'gus', 'm5'],
    ['#thread-r1 .rcx-message-header__name', 'bob', 'r1'],
    ['#thread-r1 .rcx-avatar__element--x36', 'bob', 'r1'],
    ['.s1 .rcx-message-system__name', 'ida', null],
    ['.s2 .rcx-message-system__name', 'jon', null],
    ['.s2 .rcx-message-header__username', 'jon', null],
  ],
  silent: ['#m1 .rcx-message__highlight', '.s3 .rcx-message-system__name'],
  native: [
    ['.rcx-message-divider', []],
    ['#m1 .text', []],
    ['#m1 .quote .rcx-avatar__element', []],
    ['#m1 .participants .rcx-avatar__element', []],
    ['#m2 .text', []],
    ['.s1 .rcx-avatar__element', []],
    ['.s1 .rcx-message-system__body', []],
    ['.rcx-message-thread .rcx-avatar__element', ['thread m1']],
    ['.rcx-message-thread__message', ['thread m1']],
  ],
}

const pages: { readonly [generation: string]: Page } = {
  '8.6.1': {
    ...modern,
    authors: [
      ...modern.authors,
      ['#m6 .rcx-message-header__name', '@hal:example.net', 'm6'],
      ['#m6 .rcx-avatar__element--x36', '@hal:example.net', 'm6'],
    ],
  },
  '6.14': modern,
  '5-new-list': {
    authors: [
      ['#m1 .rcx-message-header__name', 'alice', 'm1'],
      ['#m1 .rcx-message-header__username', 'alice', 'm1'],
      ['#m1 .rcx-avatar__element--x36', 'alice', 'm1'],
      ['#m4 .rcx-skeleton', 'fay', 'm4'],
      ['#thread-r1 .rcx-message-header__name', 'bob', 'r1'],
      ['.s1 .rcx-message-system__name', 'ida', null],
      ['.room-leader .rcx-avatar__element', 'leo', null],
    ],
    silent: ['#m1 .mention-link'],
    native: modern.native.filter(([selector]) => selector !== '.rcx-message-divider'),
  },
  '5-old-list': {
    authors: [
      ['#m1 .user', 'alice', 'm1'],
      ['#m1 .avatar-image', 'alice', 'm1'],
      ['#m3 .emoji', 'emil', 'm3'],
      ['#m8 .user', 'ida', 'm8'],
      ['#thread-r1 .user', 'bob', 'r1'],
      ['.room-leader .rcx-avatar__element', 'leo', null],
    ],
    silent: ['#m1 .mention-link'],
    native: [
      ['#m1 .text', []],
      ['#m1 .quote .rcx-avatar__element', []],
      ['#m1 .participants .rcx-avatar__element', []],
    ],
  },
}

const told = (shown: Shown, username: string, id: string | null) => ({
  data: { evtname: 'user-card-click', username, id },
  origin: new URL(shown.chat.url()).origin,
})

const closed = { opened: [], shown: 0, locked: false }

/** No card was opened, displayed or not, and the next click does what it should. */
async function staysFree(shown: Shown, selector: string): Promise<void> {
  assert.equal(await shown.cards(), closed, selector)
  await shown.click('#other')
  assert.equal(await shown.done(), ['other'], `the click after that on ${selector}`)
}

for (const [generation, page] of Object.entries(pages)) {
  test(`${generation}: a click on an author is told once, with the name and the message, and opens no card`, async () => {
    const shown = await stage.embed(generation)
    for (const [selector, username, id] of page.authors) {
      await shown.click(selector)
      assert.equal(await shown.received(), [told(shown, username, id)], selector)
      assert.equal(await shown.cards(), closed, selector)
    }
    await staysFree(shown, 'all of them')
  })

  test(`${generation}: a mention, or a system message without a user name, opens nothing and tells nothing`, async () => {
    const shown = await stage.embed(generation)
    for (const selector of page.silent) {
      await shown.click(selector)
      assert.equal(await shown.received(), [], selector)
      await staysFree(shown, selector)
    }
  })

  test(`${generation}: everything else does what it did`, async () => {
    const shown = await stage.embed(generation)
    for (const [selector, does] of page.native) {
      await shown.click(selector)
      assert.equal(await shown.received(), [], selector)
      assert.equal(await shown.done(), does, selector)
    }
  })
}

for (const generation of ['8.6.1', '6.14'])
  test(`${generation}: Enter and Space on an author are told once each, however long they are held`, async () => {
    const shown = await stage.embed(generation)
    const keyed = modern.authors.filter(([selector]) => selector.includes('__name'))
    for (const [selector, username, id] of keyed)
      for (const key of ['Enter', 'Space']) {
        await shown.chat.locator(selector).locator('xpath=ancestor-or-self::*[@role="button"]').focus()
        await shown.page.keyboard.down(key)
        await shown.page.keyboard.down(key)
        await shown.page.keyboard.up(key)
        assert.equal(await shown.received(), [told(shown, username, id)], `${key} on ${selector}`)
        assert.equal(await shown.cards(), closed, selector)
      }
    // A picture is no stop of the Tab key, but a key pressed there is an author's too.
    await shown.chat.locator('#m1 .rcx-avatar__element--x36').dispatchEvent('keydown', { key: 'Enter' })
    assert.equal(await shown.received(), [told(shown, 'alice', 'm1')])
    await shown.chat.focus('#m1 .rcx-message__highlight')
    for (const key of ['Enter', 'Space']) await shown.page.keyboard.press(key)
    assert.equal(await shown.received(), [])
    await staysFree(shown, 'a mention')
    await shown.chat.focus('#m1-displayName')
    await shown.page.keyboard.press('a')
    assert.equal(await shown.received(), [], 'another key')
  })

test('5-old-list: Enter and Space on an author, a real button there, are told once each', async () => {
  const shown = await stage.embed('5-old-list')
  for (const key of ['Enter', 'Space']) {
    await shown.chat.focus('#m1 .user')
    await shown.page.keyboard.down(key)
    await shown.page.keyboard.down(key)
    await shown.page.keyboard.up(key)
    assert.equal(await shown.received(), [told(shown, 'alice', 'm1')], key)
    await staysFree(shown, key)
  }
})

for (const generation of ['8.6.1', '6.14'])
  test(`${generation}: a card that something else opens is not displayed and is closed at once`, async () => {
    const shown = await stage.embed(generation)
    await shown.click('#leader')
    assert.equal((await shown.cards()).shown, 0)
    await shown.chat.waitForFunction('!product.state().locked', undefined, { timeout: 1000 })
    await shown.done()
    await staysFree(shown, '#leader')
  })

for (const generation of ['5-new-list', '5-old-list'])
  test(`${generation}: a card that something else opens is not displayed, and no key is pressed for it`, async () => {
    const shown = await stage.embed(generation)
    await shown.click('#leader')
    await shown.page.waitForTimeout(300)
    assert.equal(await shown.cards(), { opened: ['card leo'], shown: 0, locked: false })
    assert.equal(await shown.done(), ['card leo'])
    await staysFree(shown, '#leader')
  })

test('the script is installed once, however often somebody logs in', async () => {
  const shown = await stage.embed('8.6.1')
  await shown.chat.evaluate('product.login(), product.login()')
  await shown.click('#m1-displayName')
  assert.is((await shown.received()).length, 1)
})

test('before anybody has logged in, nothing is told', async () => {
  const shown = await stage.embed('8.6.1', { script: '' })
  await shown.click('#m1-displayName')
  assert.equal(await shown.received(), [])
  assert.is((await shown.cards()).locked, true, 'the stand-in locks the page while a card is open')
})

test.run()

import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { renderScript, style } from '../../fakes/ametys-assets.ts'
import { prepareStage, type StageOptions } from './stage.ts'

const test = suite('e2e/browser/embedding')
const stage = await prepareStage()
test.after(stage.close)

const click = { evtname: 'user-card-click', username: 'alice', id: 'm1' }

/** What the page around the chat is told after one click on an author. */
async function told(options: StageOptions & { readonly site?: string; readonly policy?: string }) {
  const shown = await stage.embed('8.6.1', options)
  await shown.click('#m1-displayName')
  const received = await shown.received()
  assert.equal(await shown.cards(), { opened: [], shown: 0, locked: false })
  return received.map(({ data }) => data)
}

const spaces = (name: string) => stage.sites.spaces(name)
/** As in a browser that does not say who embeds a page. */
const nameless = (script: string) => {
  assert.match(script, 'window.location.ancestorOrigins')
  return script.replaceAll('window.location.ancestorOrigins', 'undefined')
}

for (const policy of [undefined, 'no-referrer', 'same-origin', 'unsafe-url'])
  test(`the embedding page is told under the referrer policy ${policy ?? 'of the browser'}`, async () => {
    assert.equal(await told(policy === undefined ? {} : { policy }), [click])
    const script = nameless(renderScript(spaces('spaces')))
    assert.equal(await told(policy === undefined ? { script } : { policy, script }), [click])
  })

test('a page of an origin that is not ours is told nothing', async () => {
  for (const policy of ['unsafe-url', 'no-referrer']) {
    assert.equal(await told({ site: 'stranger', policy }), [])
    assert.equal(await told({ site: 'stranger', policy, script: nameless(renderScript(spaces('spaces'))) }), [])
  }
})

test('with several origins, the one that embeds the chat is told once', async () => {
  const origins = [spaces('spaces'), spaces('intranet'), 'https://www.example.org'].join(', ')
  for (const script of [renderScript(origins), nameless(renderScript(origins))]) {
    assert.equal(await told({ site: 'intranet', script }), [click])
    assert.equal(await told({ site: 'spaces', script }), [click])
    assert.equal(await told({ site: 'stranger', script }), [])
  }
})

test('an address with a path or in capitals stands for its origin, and a browser that names it has no complaint', async () => {
  const script = renderScript(`${spaces('intranet')}, ${spaces('SPACES')}/forum/index.html`)
  const shown = await stage.embed('8.6.1', { script })
  const said: string[] = []
  shown.page.on('console', (line) => said.push(line.text()))
  await shown.click('#m1-displayName')
  assert.equal(
    (await shown.received()).map(({ data }) => data),
    [click],
  )
  assert.equal(said, [])
})

test('an origin with letters beyond ASCII is known by the name that browsers give it', async () => {
  const script = renderScript(spaces('\u00e9cole'))
  assert.equal(await told({ site: '\u00e9cole', script }), [click])
})

test('what is no address is passed over', async () => {
  assert.equal(await told({ script: renderScript(`spaces.example.org,*,, ${spaces('spaces')}`) }), [click])
  assert.equal(await told({ script: renderScript('*') }), [])
})

test('without a page around it, the chat tells itself', async () => {
  const shown = await stage.open('8.6.1')
  await shown.click('#m1-displayName')
  assert.equal(await shown.received(), [{ data: click, origin: new URL(shown.page.url()).origin }])
})

test("the operator's own script and style sheet work after ours", async () => {
  const script = `${renderScript(spaces('spaces'))}window.own = 'ran'`
  const shown = await stage.embed('8.6.1', { script, style: `${style.trimEnd()}#other { color: rgb(1, 2, 3) }` })
  assert.is(await shown.chat.evaluate('window.own'), 'ran')
  assert.is(await shown.chat.evaluate("getComputedStyle(document.querySelector('#other')).color"), 'rgb(1, 2, 3)')
})

test("the operator's own script works even if ours fails, which the console says", async () => {
  const script = `Object.defineProperty(document, 'addEventListener', { value: null })\n${renderScript(spaces('spaces')).trimEnd()}window.own = 'ran'`
  const shown = await stage.embed('8.6.1', { script: '' })
  const said: string[] = []
  shown.page.on('console', (line) => said.push(line.text()))
  await shown.chat.evaluate((text) => new Function(text)(), script)
  assert.is(await shown.chat.evaluate('window.own'), 'ran')
  assert.match(said.join('\n'), 'The script for Ametys failed')
})

test.run()

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../lib/core/event.ts'
import { renderPage } from '../../../lib/report/page/page.ts'
import { eventful } from '../../lib/report/fake-run.ts'
import { startBrowser } from './stage.ts'

const test = suite('e2e/browser/report')
let started: Promise<Page> | undefined
const folder = mkdtempSync(join(tmpdir(), 'report-test-'))
test.after(async () => {
  const page = await started?.catch(() => undefined)
  await page?.context().browser()?.close()
  rmSync(folder, { recursive: true })
})

const hostile =
  '</title><script>document.title = "taken"</script><img src="https://chat.example.org/x" onerror="alert(1)">'
const events = eventful({ diff: true })
  .filter((beat): beat is Event => typeof beat !== 'number')
  .map((event, index) => ({
    ...event,
    ...('task' in event && { task: `${event.task} ${hostile}` }),
    at: new Date(Date.UTC(2026, 0, 1) + index * 250).toISOString(),
  }))

test('the page loads by itself, without a complaint, a request or a script, and begins with what failed', async () => {
  started ??= startBrowser()
  const page = await started
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => void dialog.dismiss().then(() => complaints.push('a dialog')))
  page.on('request', (request) => requests.push(request.url()))
  const file = join(folder, 'run.html')
  writeFileSync(file, renderPage(events, [['run', hostile]]))
  const address = pathToFileURL(file).href
  await page.goto(address)
  assert.equal(requests, [address])
  assert.equal(complaints, [])
  assert.not.equal(await page.title(), 'taken')
  const failed = await page.locator('#failed .card').first().boundingBox()
  assert.ok(failed !== null && failed.y < 900, 'the first failure is in view without scrolling')
  assert.ok((await page.locator('svg rect').count()) > 5)
  assert.is(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, 'nothing sticks out')
})

test('it is dark where the reader wants it dark', async () => {
  const page = await (started ?? startBrowser())
  const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
  await page.emulateMedia({ colorScheme: 'light' })
  assert.is(await background(), 'rgb(255, 255, 255)')
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.is(await background(), 'rgb(20, 24, 28)')
})

test('on paper the changes are open', async () => {
  const page = await (started ?? startBrowser())
  const diff = page.locator('details:not([open]) .diff').first()
  await page.emulateMedia({ media: 'screen' })
  assert.is(await diff.isVisible(), false)
  await page.emulateMedia({ media: 'print' })
  assert.is(await diff.isVisible(), true)
  await page.emulateMedia({ media: 'screen' })
})

test.run()

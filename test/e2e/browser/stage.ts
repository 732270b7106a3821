import { existsSync } from 'node:fs'
import { chromium, type Frame, type Page } from 'playwright-core'
import { pageScript, renderScript, style } from '../../fakes/ametys-assets.ts'
import { type Sites, startSites } from './server.ts'

/** A message as the page that received it kept it. */
export interface Received {
  readonly data: unknown
  readonly origin: string
}

export interface Stage {
  readonly sites: Sites
  /** Shows the chat inside a page of another origin; `policy` is the referrer policy of that page and of its frame. */
  embed(
    generation: string,
    options?: StageOptions & { readonly site?: string; readonly policy?: string },
  ): Promise<Shown>
  /** Shows the chat by itself. */
  open(generation: string, options?: StageOptions): Promise<Shown>
  close(): Promise<void>
}

export interface StageOptions {
  /** Custom style sheet; ours by default. */
  readonly style?: string
  /** Custom script for users who are logged in; ours, for the site called spaces, by default. */
  readonly script?: string
}

export interface Shown {
  readonly page: Page
  /** The chat, wherever it is. */
  readonly chat: Frame
  /** Clicks where the element is, whatever else may lie there. */
  click(selector: string): Promise<void>
  /** What the outermost page has received since the last call, once everything on its way has arrived. */
  received(): Promise<readonly Received[]>
  /** Names of cards the product opened, how many are displayed, and whether the page is locked by one. */
  cards(): Promise<{ readonly opened: readonly string[]; readonly shown: number; readonly locked: boolean }>
  /** What the product did since the last call. */
  done(): Promise<readonly string[]>
}

/** Debian's place, then where other systems put it. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=HttpsUpgrades',
  '--host-resolver-rules=MAP *.example.org 127.0.0.1, MAP * ~NOTFOUND',
]

/**
 * Starts the sites; the browser follows with the first page. So where there is no Chromium, every test fails and says
 * so: what a `before` hook throws, uvu passes over.
 */
export async function prepareStage(): Promise<Stage> {
  const sites = await startSites()
  let started: Promise<Page> | undefined
  const visit = async (address: string, options: StageOptions): Promise<Shown> => {
    started ??= startBrowser()
    return show(await started, sites, address, options)
  }
  return {
    sites,
    open: (generation, options = {}) => visit(sites.chat(generation), options),
    embed(generation, { site = 'spaces', policy, ...options } = {}) {
      const query = new URLSearchParams({ chat: sites.chat(generation), ...(policy !== undefined && { policy }) })
      return visit(`${sites.spaces(site)}/?${query}`, options)
    },
    async close() {
      const page = await started?.catch(() => undefined)
      await page?.context().browser()?.close()
      await sites.close()
    },
  }
}

/** Starts the browser with an empty page. */
export async function startBrowser(): Promise<Page> {
  const executablePath = places.find((path) => existsSync(path))
  if (executablePath === undefined)
    throw new Error(`these tests need Chromium at ${places.join(' or ')}: install the package chromium`)
  const browser = await chromium.launch({ executablePath, args: flags })
  const page = await browser.newPage({ viewport: { width: 960, height: 900 } })
  page.setDefaultTimeout(5000)
  return page
}

async function show(page: Page, sites: Sites, address: string, options: StageOptions): Promise<Shown> {
  sites.custom.style = options.style ?? style
  sites.custom.script = pageScript(options.script ?? renderScript(sites.spaces('spaces')))
  await page.goto(address)
  const chat = page.frame('chat') ?? page.mainFrame()
  await chat.waitForFunction('window.product !== undefined')
  const keeper = chat === page.mainFrame() ? 'product.received' : 'received'
  return {
    page,
    chat,
    click: (selector) => chat.click(selector, { force: true }),
    async received() {
      await chat.evaluate("parent.postMessage('the last', '*')")
      await page.waitForFunction(`${keeper}.some(({ data }) => data === 'the last')`)
      const all = await page.evaluate<readonly Received[]>(`${keeper}.splice(0)`)
      return all.filter(({ data }) => data !== 'the last')
    },
    cards: () => chat.evaluate('product.state()'),
    done: () => chat.evaluate('product.log.splice(0)'),
  }
}

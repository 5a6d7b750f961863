import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { REPORT_VIOLATIONS, VIEWPORT, type Engine, type LaunchOptions, type Tab } from './tab.js';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function createTab(context: BrowserContext, page: Page): Promise<Tab> {
  // Playwright's own evaluate is an eval within the page, which a strict policy refuses.
  const devtools = await context.newCDPSession(page);
  return {
    goto: async (url) => void (await page.goto(url)),
    // The page that is shown again was never loaded, which the driver would wait for.
    back: async () => {
      const { currentIndex, entries } = await devtools.send('Page.getNavigationHistory');
      const entryId = entries[currentIndex - 1]?.id;
      if (entryId === undefined) throw new Error('there is no page to go back to');
      await devtools.send('Page.navigateToHistoryEntry', { entryId });
    },
    setOffline: (isOffline) => context.setOffline(isOffline),
    focus: (selector) => page.focus(selector),
    type: (text) => page.keyboard.type(text),
    press: (key) => page.keyboard.press(key),
    click: (selector) => page.locator(selector).first().click(),
    async evaluate(expression) {
      const { result, exceptionDetails } = await devtools.send('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
        userGesture: true,
      });
      if (exceptionDetails !== undefined) {
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      }
      return result.value;
    },
    resize: (width, height) => page.setViewportSize({ width, height }),
    screenshot: async (path) => void (await page.screenshot({ path })),
    close: () => context.close(),
  };
}

/** Launches Chromium. */
export async function launchChromium(options: LaunchOptions): Promise<Engine> {
  const { executablePath, profile, env, scheme, acceptInsecureCerts, keepsPages } = options;
  const own = await chromium.launchPersistentContext(profile, {
    executablePath,
    env,
    args: ARGS,
    ignoreDefaultArgs: keepsPages ? ['--disable-back-forward-cache'] : [],
  });
  const browser = own.browser();
  if (browser === null) throw new Error('chromium was launched and has no browser to open pages');
  return {
    async openTab(note) {
      const context = await browser.newContext({
        viewport: VIEWPORT,
        colorScheme: scheme,
        ignoreHTTPSErrors: acceptInsecureCerts,
      });
      await context.addInitScript(REPORT_VIOLATIONS);
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      page.on('console', (message) => note(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => note(`uncaught: ${error.message}`));
      return createTab(context, page);
    },
    close: () => own.close(),
  };
}

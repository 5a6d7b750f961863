import { launch, type BrowserContext, type KeyInput, type Page } from 'puppeteer-core';
import { REPORT_VIOLATIONS, VIEWPORT, type Engine, type LaunchOptions, type Tab } from './tab.js';

const CONTENT_SCHEMES = { dark: 0, light: 1 };

function createTab(context: BrowserContext, page: Page): Tab {
  // Keys go to the window in front, whichever page they are meant for.
  const inFront = async <T>(act: () => Promise<T>): Promise<T> => {
    await page.bringToFront();
    return act();
  };
  const find = async (selector: string) => {
    const element = await page.waitForSelector(selector, { visible: true });
    if (element === null) throw new Error(`"${selector}" is not to be seen`);
    return element;
  };
  return {
    goto: async (url) => void (await page.goto(url)),
    back: () => inFront(async () => void (await page.goBack({ waitUntil: [] }))),
    setOffline: (isOffline) => page.setOfflineMode(isOffline),
    focus: (selector) => inFront(async () => (await find(selector)).focus()),
    type: (text) => inFront(() => page.keyboard.type(text)),
    press: (key) => inFront(() => page.keyboard.press(key as KeyInput)),
    click: (selector) => inFront(async () => (await find(selector)).click()),
    evaluate: (expression) => page.evaluate(expression),
    resize: (width, height) => page.setViewport({ width, height }),
    screenshot: async (path) => {
      await page.screenshot({ path: path as `${string}.png` });
    },
    close: () => context.close(),
  };
}

/** Launches Firefox. */
export async function launchFirefox(options: LaunchOptions): Promise<Engine> {
  const browser = await launch({
    browser: 'firefox',
    executablePath: options.executablePath,
    userDataDir: options.profile,
    env: options.env,
    defaultViewport: VIEWPORT,
    acceptInsecureCerts: options.acceptInsecureCerts,
    extraPrefsFirefox: {
      'layout.css.prefers-color-scheme.content-override': CONTENT_SCHEMES[options.scheme],
    },
  });
  return {
    async openTab(note) {
      const context = await browser.createBrowserContext();
      const page = await context.newPage({ type: 'window' });
      page.setDefaultTimeout(30_000);
      page.on('console', (message) => note(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => {
        note(`uncaught: ${error instanceof Error ? error.message : String(error)}`);
      });
      await page.evaluateOnNewDocument(REPORT_VIOLATIONS);
      return createTab(context, page);
    },
    close: () => browser.close(),
  };
}

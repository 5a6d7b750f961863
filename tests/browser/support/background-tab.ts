import { launch } from 'puppeteer-core';
import { createTemporaryHome } from './temporary-home.js';

/** A tab of a Chromium of its own that lies behind another one, and so can be frozen. */
export interface BackgroundTab extends AsyncDisposable {
  /** Runs an expression, also while the page is frozen. */
  run<T>(expression: string): Promise<T>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

/** Opens a page in the background. The driver of the other tests keeps all pages in front. */
export async function openBackgroundTab(
  executablePath: string,
  url: string,
): Promise<BackgroundTab> {
  const home = await createTemporaryHome();
  const { profile: userDataDir, env } = home;
  const browser = await launch({ executablePath, userDataDir, env, args: ARGS });
  const page = await browser.newPage();
  const devtools = await page.createCDPSession();
  await page.goto(url);
  const front = await browser.newPage();
  await front.bringToFront();
  const setState = async (state: 'frozen' | 'active'): Promise<void> => {
    await devtools.send('Page.setWebLifecycleState', { state });
  };
  return {
    async run<T>(expression: string): Promise<T> {
      const awaited = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await devtools.send('Runtime.evaluate', awaited);
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
      return result.value as T;
    },
    freeze: () => setState('frozen'),
    thaw: () => setState('active'),
    [Symbol.asyncDispose]: () => home.leave(() => browser.close()),
  };
}

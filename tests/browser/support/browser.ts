import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, onTestFinished } from 'vitest';
import { BrowserPage } from './browser-page.js';
import { launchChromium } from './chromium.js';
import { launchFirefox } from './firefox.js';
import type { Engine, LaunchOptions } from './tab.js';
import { createTemporaryHome, type TemporaryHome } from './temporary-home.js';

/** One page of a browser, with cookies and storage of its own. */
export interface Page extends AsyncDisposable {
  goto(url: string): Promise<void>;
  back(): Promise<void>;
  setOffline(isOffline: boolean): Promise<void>;
  /** Focuses a field and types key by key. */
  type(selector: string, text: string): Promise<void>;
  /** Presses a key by its name: `Enter`, `Tab`, `Escape` … */
  press(key: string): Promise<void>;
  click(selector: string): Promise<void>;
  /** Reads the text of the first match as it is displayed. */
  text(selector: string): Promise<string>;
  /** Waits until the first match's text contains a string or matches a pattern; 30 s if not said. */
  see(selector: string, text: string | RegExp, withinMs?: number): Promise<void>;
  /** Runs an expression as the developer console does; a promise is awaited. */
  run<T>(expression: string): Promise<T>;
  resize(width: number, height: number): Promise<void>;
  /** Writes `<browser>-<file>` into the folder TRUNKLINE_SCREENSHOTS, if there is one. */
  screenshot(file: string): Promise<void>;
  /** Console lines as `log: …`, errors of scripts as `uncaught: …`, violations of the policy. */
  readonly log: readonly string[];
  close(): Promise<void>;
}

/** A browser that a suite runs in. */
export interface Browser {
  readonly name: 'chromium' | 'firefox';
  /** Opens a page, which the test closes. */
  open(): Promise<Page>;
}

interface BrowserKind {
  readonly name: Browser['name'];
  readonly paths: readonly string[];
  readonly launch: (options: LaunchOptions) => Promise<Engine>;
}

const KINDS: readonly BrowserKind[] = [
  {
    name: 'chromium',
    paths: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    launch: launchChromium,
  },
  {
    name: 'firefox',
    paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
    launch: launchFirefox,
  },
];

/** What a suite asks of its browsers. */
export interface BrowserOptions {
  /** Takes certificates that nobody vouches for; false if not said. */
  readonly acceptInsecureCerts?: boolean;
  /** Keeps pages that are left whole, to go back to them; false if not said. */
  readonly keepsPages?: boolean;
}

/** Runs a suite in Chromium and in Firefox; each is skipped where it is not installed. */
export function describeBrowsers(
  name: string,
  suite: (browser: () => Browser) => void,
  options: BrowserOptions = {},
): void {
  for (const located of KINDS.map(locate)) {
    describe(`${name}, in ${located.title}`, { timeout: 120_000 }, () => {
      suite(browserOf(located, options));
    });
  }
}

interface LocatedBrowser extends BrowserKind {
  readonly title: string;
  readonly executablePath: string | undefined;
}

function locate(kind: BrowserKind): LocatedBrowser {
  const executablePath = kind.paths.find((path) => existsSync(path));
  const title = executablePath === undefined ? `${kind.name}, which is not installed` : kind.name;
  return { ...kind, title, executablePath };
}

/** Has a browser launched before the tests of a suite and closed after them. */
function browserOf(
  kind: LocatedBrowser,
  { acceptInsecureCerts = false, keepsPages = false }: BrowserOptions,
): () => Browser {
  const open = new Set<Page>();
  let home: TemporaryHome | undefined;
  let engine: Engine | undefined;

  beforeEach(({ skip }) => skip(kind.executablePath === undefined, 'the browser is not installed'));

  beforeAll(async () => {
    const { executablePath } = kind;
    if (executablePath === undefined) return;
    home = await createTemporaryHome();
    const { profile, env } = home;
    const scheme = process.env['TRUNKLINE_SCHEME'] === 'dark' ? 'dark' : 'light';
    const rest = { acceptInsecureCerts, keepsPages };
    engine = await kind.launch({ executablePath, profile, env, scheme, ...rest });
  }, 60_000);

  afterAll(async () => {
    await home?.leave(async () => engine?.close());
  }, 30_000);

  const openPage = async (): Promise<Page> => {
    if (engine === undefined) throw new Error('pages are opened by tests, after the launch');
    const log: string[] = [];
    const tab = await engine.openTab((line) => log.push(line));
    const closed = (): void => void open.delete(page);
    const page = new BrowserPage({ browser: kind.name, tab, log, closed });
    open.add(page);
    onTestFinished(async () => {
      if (!open.has(page)) return;
      await page.close();
      throw new Error('the test left a page open');
    });
    return page;
  };
  return () => ({ name: kind.name, open: openPage });
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../examples/plain-server/src/system-program.js';
import { describeBrowsers, type Page } from './support/browser.js';
import { startExample, type RunningExample } from './support/example.js';

const hasOpenssl = findProgram('openssl') !== undefined;
const hasNginx = findProgram('nginx') !== undefined;
const needsOpenssl = hasOpenssl ? '' : ', which needs openssl';
const needsNginx = hasNginx ? '' : ', which needs nginx';

const TAKE_LAMP = '#article-lamp button:first-child';
const ADD_LAMP = '#article-lamp button:last-child';

describe.skipIf(!hasOpenssl)(`the example plain-server${needsOpenssl}`, () => {
  describeBrowsers('a page that came by https', suite, { acceptInsecureCerts: true });
});

interface Article {
  readonly id: string;
  readonly pieces: number;
}

function suite(browser: Parameters<Parameters<typeof describeBrowsers>[1]>[0]): void {
  let example: RunningExample;

  beforeAll(async () => {
    example = await startExample('plain-server', {}, hasNginx ? ['--nginx'] : []);
  }, 60_000);
  afterAll(() => example.stop());

  /** Finds the address that the example has printed with a description. */
  async function addressOf(description: string): Promise<string> {
    await example.see(description);
    const line = example.lines.find((one) => one.includes(description)) ?? '';
    return line.split(' ')[0] as string;
  }

  async function openPage(url: string): Promise<Page> {
    const page = await browser().open();
    await page.goto(url);
    return page;
  }

  /** Asks Express for the level of an article, from a page that may ask. */
  async function levelOf(page: Page, id: string): Promise<number> {
    const articles = await page.run<Article[]>(
      `fetch('${example.url}/api/articles').then((response) => response.json())`,
    );
    return articles.find((article) => article.id === id)?.pieces ?? Number.NaN;
  }

  function seeLevel(page: Page, id: string, level: number): Promise<void> {
    return page.see(`#level-${id}`, new RegExp(`^${level}$`));
  }

  it('has answers of Express and of Trunkline from one port', async () => {
    await using page = await openPage(example.url);
    await page.see('#express', 'HTTP 200, 4 articles');
    await page.see('#trunkline', `wss://localhost:${example.port}/trunkline`);
    await page.see('#state', 'live');
    await page.see('#seen', `127.0.0.1, directly; page of ${example.url}`);
    await page.see('#levels', 'live, fresh');
    const level = await levelOf(page, 'lamp');
    await page.click(TAKE_LAMP);
    await seeLevel(page, 'lamp', level - 1);
    await page.click(ADD_LAMP);
    await seeLevel(page, 'lamp', level + 9);
    await page.screenshot('plain-server-own.png');
    expect(page.log).toEqual([]);
  });

  it('shows a typed error of a call, and the items of a stream', async () => {
    await using page = await openPage(example.url);
    await page.see('#state', 'live');
    for (let level = await levelOf(page, 'tarp'); level > 0; level--) {
      await page.click('#article-tarp button:first-child');
      await seeLevel(page, 'tarp', level - 1);
    }
    await page.click('#article-tarp button:first-child');
    await page.see('#articles-note', 'Only 0 are there.');
    await page.click('#count');
    await page.see('#count-note', /^\d+ pieces in all$/);
    await page.see('#counted', /lamp: \d+.*rope: 8.*tarp: 0.*crate: 40/s);
    expect(page.log).toEqual([]);
  });

  it('is worked by keyboard, and fits a phone', async () => {
    await using page = await openPage(example.url);
    await page.see('#state', 'live');
    const level = await levelOf(page, 'lamp');
    await seeLevel(page, 'lamp', level);
    await page.resize(360, 740);
    await page.press('Tab');
    expect(await page.run('document.activeElement.ariaLabel')).toBe('Take 1: Storm lamp');
    await page.press('Enter');
    await seeLevel(page, 'lamp', level - 1);
    expect(await page.run('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.screenshot('plain-server-phone.png');
  });

  it('is served from another origin that is listed', async () => {
    await using own = await openPage(example.url);
    const level = await levelOf(own, 'lamp');
    await using page = await openPage(await addressOf('which "origins" allows'));
    await page.see('#state', 'live');
    await page.see('#express', 'HTTP 200, 4 articles');
    await page.see('#seen', /page of https:\/\/localhost:\d+$/);
    await page.click(TAKE_LAMP);
    await page.click(ADD_LAMP);
    for (const each of [page, own]) await seeLevel(each, 'lamp', level + 9);
    expect(page.log).toEqual([]);
  });

  it('is denied, and told why, from another origin that is not listed', async () => {
    await using page = await openPage(await addressOf('which is refused'));
    await page.see('#state', 'denied');
    await page.see('#reason', '4403: origin not allowed');
    await page.see('#express', 'gave this page no answer');
    await page.see('#levels', 'ended: UNAVAILABLE');
    await page.screenshot('plain-server-denied.png');
    // What a page may send without being asked about it before, Express has to refuse itself.
    const delivery = `${example.url}/api/articles/lamp/delivery`;
    const post = `fetch('${delivery}', { method: 'POST', mode: 'no-cors' }).then(() => 'sent')`;
    await using own = await openPage(example.url);
    const level = await levelOf(own, 'lamp');
    expect(await page.run(post)).toBe('sent');
    expect(await levelOf(own, 'lamp')).toBe(level);
  });

  it.skipIf(!hasNginx)(`is the same through nginx, which ends TLS${needsNginx}`, async () => {
    await using own = await openPage(example.url);
    const level = await levelOf(own, 'lamp');
    const url = await addressOf('through nginx');
    await using page = await openPage(url);
    const [protocol] = await page.run<string[]>(
      `performance.getEntriesByType('navigation').map((entry) => entry.nextHopProtocol)`,
    );
    // A WebSocket goes beside it, over HTTP/1.1.
    expect(protocol).toBe('h2');
    await page.see('#state', 'live');
    await page.see('#express', 'HTTP 200, 4 articles');
    await page.see('#seen', `127.0.0.1, forwarded for 127.0.0.1; page of ${url}`);
    await page.click(TAKE_LAMP);
    await page.click(ADD_LAMP);
    for (const each of [page, own]) await seeLevel(each, 'lamp', level + 9);
    await page.screenshot('plain-server-nginx.png');
    expect(page.log).toEqual([]);
  });
}

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRelay } from '../support/relay.js';
import { describeBrowsers, type Page } from './support/browser.js';
import { startExample, type RunningExample } from './support/example.js';

const LIVE = 'Connected';

describeBrowsers('the example echo', (browser) => {
  let example: RunningExample;

  beforeAll(async () => {
    example = await startExample('echo');
  }, 60_000);
  afterAll(() => example.stop());

  async function openPage(url = example.url): Promise<Page> {
    const page = await browser().open();
    await page.goto(url);
    await page.see('#state', LIVE);
    await expect.poll(() => page.run(`document.querySelector('#messages').ariaBusy`)).toBe('false');
    return page;
  }

  it('answers what is typed, by keyboard only', async () => {
    await using page = await openPage();
    expect(await page.run('document.activeElement.id')).toBe('text');
    await page.type('#text', 'hello');
    await page.press('Enter');
    await page.see('#messages', 'Echo: hello');
    await page.type('#text', '<b>Grüße</b>');
    await page.press('Tab');
    expect(await page.run('document.activeElement.textContent')).toBe('Send');
    await page.press('Enter');
    await page.see('#messages li:first-child', 'Echo: <b>Grüße</b>');
    expect(await page.run(`document.querySelectorAll('#messages li').length`)).toBe(2);
    expect(await page.run(`document.querySelector('#text').value`)).toBe('');
    expect(page.log).toEqual([]);
  });

  it('shows a line of the console on every page, and logs each connection on both sides', async () => {
    await using stays = await openPage();
    await stays.see('#connection-log li', /^opened/);
    const leaves = await openPage();
    const opened = example.lines.filter((line) => /^opened \d+ from 127\.0\.0\.1$/.test(line));
    const [, left = NaN] = opened.slice(-2).map((line) => Number(line.split(' ')[1]));
    example.write('Tea is ready.\n');
    for (const page of [stays, leaves]) {
      await page.see('#messages li[data-from="console"]', /^Console\s+Tea is ready\./);
      expect(page.log).toEqual([]);
    }
    await leaves.close();
    await example.see(new RegExp(`^closed ${left} by the client with 1001 \\(it is leaving\\)$`));
    expect(example.lines.join('\n')).not.toMatch(new RegExp(`^closed ${left - 1} `, 'm'));
  });

  it('is called from the console by the three lines of its guide', async () => {
    await using page = await openPage();
    const [connect = '', hello = '', call = '', ...more] = await linesByHand();
    expect(more).toEqual([]);
    const heard = (): string => page.log.join('\n');
    await page.run(connect);
    await expect.poll(() => page.run('socket.readyState')).toBe(1);
    await page.run(hello);
    await expect.poll(heard).toContain('\x02');
    expect(heard()).not.toContain('Echo: hello');
    await page.run(call);
    await expect.poll(heard).toContain('{"json":"Echo: hello"}');
    expect(heard()).not.toMatch(/error|policy|uncaught/i);
    await page.run('socket.close()');
    await example.see(/^closed \d+ by the client with 1005 \(it said nothing\)$/);
  });

  it('stops at "exit", which the page shows without moving anything, and comes back', async () => {
    const before = await startExample('echo');
    await using road = await startRelay(before.port);
    await using page = await openPage(`http://localhost:${road.port}`);
    const placeOf = (selector: string): Promise<number> =>
      page.run(`document.querySelector('${selector}').getBoundingClientRect().top`);
    await page.screenshot('echo-empty.png');
    await page.resize(360, 740);
    const places = [await placeOf('#text'), await placeOf('#connection')];
    await page.type('#text', `A word that is wider than the window: ${'o'.repeat(60)}`);
    await page.press('Enter');
    await page.see('#messages', 'Echo: ');
    before.write('Tea is ready.\n');
    await page.see('#messages', 'Tea is ready.');
    await page.screenshot('echo-narrow.png');
    before.write('exit\n');
    expect(await before.ended()).toBe(0);
    expect(before.lines.at(-1)).toBe('stopped');
    await page.see('#state', 'Not connected');
    await page.see('#connection-log', /closed(: the server stops \(4503\))?; trying again/);
    road.cut();
    expect([await placeOf('#text'), await placeOf('#connection')]).toEqual(places);
    expect(await page.run('document.documentElement.scrollWidth')).toBe(360);
    await page.screenshot('echo-lost-narrow.png');
    await page.resize(1200, 800);
    await page.screenshot('echo-lost.png');
    // Firefox has delays of its own after attempts that failed, so this takes too long there.
    if (browser().name !== 'chromium') return;
    await using after = await startExample('echo');
    road.leadTo(after.port);
    road.restore();
    // It would come by itself, and only sooner or later.
    await page.run(`dispatchEvent(new Event('online'))`);
    await page.see('#state', LIVE);
    await page.type('#text', 'hello again');
    await page.press('Enter');
    await page.see('#messages', 'Echo: hello again');
    await page.close();
  });
});

/** The lines that the guide says to enter into the console. */
async function linesByHand(): Promise<string[]> {
  const guide = await readFile(new URL('../../examples/echo/README.md', import.meta.url), 'utf8');
  const block = /^```js\n(.*?)^```$/ms.exec(guide)?.[1] ?? '';
  return block.split('\n').filter((line) => line !== '');
}

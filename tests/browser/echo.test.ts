import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeBrowsers, type Page } from './support/browser.js';
import { startExample, type RunningExample } from './support/example.js';

const LIVE = 'Connected';

describeBrowsers('the example echo', (browser) => {
  let example: RunningExample;

  beforeEach(async () => {
    example = await startExample('echo');
  }, 60_000);
  afterEach(() => example.stop());

  async function openPage(): Promise<Page> {
    const page = await browser().open();
    await page.goto(example.url);
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

  it('shows a line of the console on every page, apart from echoes', async () => {
    await using one = await openPage();
    await using two = await openPage();
    example.write('Tea is ready.\n');
    for (const page of [one, two]) {
      await page.see('#messages li[data-from="console"]', /^Console\s+Tea is ready\./);
      expect(page.log).toEqual([]);
    }
  });

  it('stops at "exit", and the pages show that the connection is gone', async () => {
    await using one = await openPage();
    await using two = await openPage();
    example.write('exit\n');
    expect(await example.ended()).toBe(0);
    for (const page of [one, two]) {
      await page.see('#state', /Not connected|unreachable/);
      await page.see('#connection-log li:first-child', /^closed: /);
    }
  });

  it('logs each connection on both sides', async () => {
    await using stays = await openPage();
    await stays.see('#connection-log li', /^opened/);
    await example.see(/^opened \S+ from 127\.0\.0\.1$/);
    const leaves = await openPage();
    await leaves.close();
    await example.see(/^closed \S+ with 1001/);
    const sessions = (word: string): (string | undefined)[] =>
      example.lines.filter((line) => line.startsWith(word)).map((line) => line.split(' ')[1]);
    expect(sessions('opened')).toHaveLength(2);
    expect(sessions('closed')).toEqual(sessions('opened').slice(1));
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
    await example.see(/^closed /);
  });

  it('fits a narrow window, and moves nothing whatever happens', async () => {
    await using page = await openPage();
    const placeOf = (selector: string): Promise<number> =>
      page.run(`document.querySelector('${selector}').getBoundingClientRect().top`);
    await page.screenshot('echo-empty.png');
    await page.resize(360, 740);
    const places = [await placeOf('#text'), await placeOf('#connection')];
    await page.type('#text', `A word that is wider than the window: ${'o'.repeat(60)}`);
    await page.press('Enter');
    await page.see('#messages', 'Echo: ');
    example.write('Tea is ready.\n');
    await page.see('#messages', 'Tea is ready.');
    await page.screenshot('echo-narrow.png');
    example.end();
    expect(await example.ended()).toBe(0);
    await page.see('#state', 'Not connected');
    expect([await placeOf('#text'), await placeOf('#connection')]).toEqual(places);
    expect(await page.run('document.documentElement.scrollWidth')).toBe(360);
    await page.screenshot('echo-lost-narrow.png');
    await page.resize(1200, 800);
    await page.screenshot('echo-lost.png');
  });
});

it('says what is wrong with a port', async () => {
  await expect(startExample('echo', { PORT: 'http' })).rejects.toThrow(
    'PORT is "http": expected a number from 0 to 65535',
  );
}, 60_000);

/** The lines that the guide says to enter into the console. */
async function linesByHand(): Promise<string[]> {
  const guide = await readFile(new URL('../../examples/echo/README.md', import.meta.url), 'utf8');
  const block = /^```js\n(.*?)^```$/ms.exec(guide)?.[1] ?? '';
  return block.split('\n').filter((line) => line !== '');
}

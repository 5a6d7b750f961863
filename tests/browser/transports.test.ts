import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeBrowsers, type Page } from './support/browser.js';
import { startExample, type RunningExample } from './support/example.js';
import { poll } from './support/poll.js';

const ALL = ['interval', 'chained', 'long', 'frame', 'events', 'trunkline'];
/** All that never have two requests on their way, so that nothing can come twice. */
const ORDERLY = ALL.filter((name) => name !== 'interval');
const TEN_OR_MORE = /^\d{2,}$/;
const THREE_OR_MORE = /^([3-9]|\d{2,})$/;
/** An iframe is given up after three seconds of silence, and the server may be silent then. */
const BACK_MS = 20_000;

describeBrowsers('the page of the transports', (browser) => {
  let example: RunningExample;

  beforeAll(async () => {
    example = await startExample('transports');
  }, 60_000);
  afterAll(() => example.stop());

  it('shows the same ticks in six panels, with nothing lost and nothing against its policy', async () => {
    await using page = await open();
    for (const name of ALL) {
      await page.see(figure(name, 'ticks'), TEN_OR_MORE);
      expect(await page.text(figure(name, 'lost')), name).toBe('0');
    }
    for (const name of ORDERLY) {
      expect(await page.text(figure(name, 'doubled')), name).toBe('0');
      expect(await page.text(figure(name, 'outOfOrder')), name).toBe('0');
    }
    expect(page.log).toEqual([]);
    await page.screenshot('transports.png');
  });

  it('counts one request for what stays open, and one for each poll', async () => {
    await using page = await open();
    for (const name of ['interval', 'chained', 'long']) {
      await page.see(figure(name, 'requests'), THREE_OR_MORE);
    }
    for (const name of ['events', 'trunkline']) {
      expect(await page.text(figure(name, 'requests')), name).toBe('1');
    }
    // One more where this machine was busy for longer than the page waits for its iframe.
    await page.see(figure('frame', 'requests'), /^\d$/);
    for (const name of ALL) {
      await page.see(figure(name, 'up'), /^[1-9]/);
      await page.see(figure(name, 'down'), /^[1-9]/);
    }
  });

  it('loses nothing when the server is late', async () => {
    await using page = await open();
    await page.click('#late');
    await page.see('#status', 'has caught up', BACK_MS);
    for (const name of ORDERLY) await page.see(figure(name, 'late'), /^none lost, in order/);
    await page.see(figure('interval', 'late'), /^none lost/);
    expect(policyLines(page)).toEqual([]);
    await page.screenshot('transports-late.png');
  });

  it('loses nothing when the network is cut, by keyboard, and fits a phone', async () => {
    await using page = await open();
    await page.press('Tab');
    expect(await page.run('document.activeElement.id')).toBe('late');
    await page.press('Tab');
    await page.press('Enter');
    await page.see('#status', 'all connections are lost');
    expect(await page.run('document.activeElement.id')).toBe('cut');
    await page.resize(360, 800);
    await page.screenshot('transports-phone.png');
    expect(await page.run('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.see('#status', 'is back', BACK_MS);
    for (const name of ORDERLY) {
      await page.see(figure(name, 'cut'), /^none lost, in order/, BACK_MS);
    }
    await page.see(figure('interval', 'cut'), /^none lost/);
    expect(policyLines(page)).toEqual([]);
    await page.resize(1200, 800);
    await page.screenshot('transports-cut.png');
  });

  it('goes on over Trunkline when the six connections of HTTP are taken', async () => {
    await using page = await open();
    await page.run(
      `void (window.taken = Array.from({ length: 4 }, () => new EventSource('/ticks/events')))`,
    );
    const isTaken = (): Promise<boolean> => page.run('taken.every((one) => one.readyState === 1)');
    expect(await poll(isTaken, 10_000)).toBe(true);
    // What the polls had before is drawn by then; none is under way, since each takes one of the six.
    await seeChanges(page, 2);
    const before = await newestOfPolls(page);
    await seeChanges(page, 8);
    expect(await newestOfPolls(page)).toEqual(before);
    await page.run('void taken.forEach((one) => one.close())');
    const arePolling = async (): Promise<boolean> => {
      return (await newestOfPolls(page)).every((newest, index) => newest > (before[index] ?? 0));
    };
    expect(await poll(arePolling, 10_000)).toBe(true);
  });

  it('has an EventSource that gives up for good once it is answered with an error', async () => {
    await using page = await open();
    const state = await page.run(`new Promise((resolve) => {
      const source = new EventSource('/ticks/none');
      source.onerror = () => resolve(source.readyState);
    })`);
    expect(state).toBe(2);
  });

  async function open(): Promise<Page> {
    const page = await browser().open();
    await page.goto(example.url);
    for (const name of ALL) await page.see(`#${name} .newest`, /^\d+$/);
    return page;
  }
});

function figure(transport: string, name: string): string {
  return `#${transport} [data-figure="${name}"]`;
}

/** What the page did against its policy. */
function policyLines(page: Page): string[] {
  return page.log.filter((line) => /content.security.policy/i.test(line));
}

async function newestOf(page: Page, transport: string): Promise<number> {
  return Number(await page.text(`#${transport} .newest`));
}

function newestOfPolls(page: Page): Promise<number[]> {
  return Promise.all(['interval', 'chained', 'long'].map((name) => newestOf(page, name)));
}

/** Waits until the panel of Trunkline has changed so often: ticks that come at once are one change. */
async function seeChanges(page: Page, changes: number): Promise<void> {
  const seen = new Set<number>();
  const isThere = async (): Promise<boolean> => {
    return seen.add(await newestOf(page, 'trunkline')).size > changes;
  };
  expect(await poll(isThere, 20_000)).toBe(true);
}

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  createServer,
  createTopics,
  implement,
  MemoryBroker,
  type Server,
} from '@trunkline/server';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDeferred, type Deferred } from '../support/deferred.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';
import { startRelay, type Relay } from '../support/relay.js';
import { openBackgroundTab } from './support/background-tab.js';
import { describeBrowsers, type Page } from './support/browser.js';
import { desk } from './wake/contract.js';
import type { WakePage } from './wake/page.js';

const TITLE = '<!doctype html><html lang="en"><title>A page that sleeps</title>';
/** Without a wake a connection that has died in silence is given up after 8 s; a busy machine has room. */
const AT_ONCE_MS = 5_000;

function bundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('wake/page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@trunkline/source'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

let pages: HttpServer;
let pageUrl: string;
let server: Server;
let broker: MemoryBroker;
let relay: Relay;
let answer: Deferred<string>;

beforeAll(async () => {
  const script = bundle();
  pages = createHttpServer((request, response) => {
    const isScript = request.url === '/wake.js';
    const html =
      request.url?.startsWith('/sleep') === true
        ? '<script type="module" src="/wake.js"></script>'
        : 'elsewhere';
    const [type, text] = isScript ? ['text/javascript', script] : ['text/html', TITLE + html];
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` });
    response.end(text);
  });
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  pageUrl = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
});

afterAll(async () => {
  pages.close();
  pages.closeAllConnections();
  await once(pages, 'close');
});

beforeEach(async () => {
  answer = createDeferred();
  broker = new MemoryBroker();
  server = createServer({
    anonymous: true,
    origins: [pageUrl],
    broker,
    services: [implement(desk, { wait: () => answer.promise, echo: (text) => text })],
  });
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  relay = await startRelay(port);
});

afterEach(async () => {
  await relay.close();
  await server.close();
  await broker.close();
  expectNothingOpen();
});

function expectNothingOpen(): void {
  expect(server.counts).toEqual(NOTHING_OPEN);
}

const publish = (text: string): Promise<unknown> => createTopics(desk, broker).news().publish(text);

type Runs = Pick<Page, 'run'>;

const sleepUrl = (): string => `${pageUrl}/sleep?server=ws://127.0.0.1:${relay.port}`;

/** Reads or does something of the page's own. */
function read<Name extends keyof WakePage>(page: Runs, name: Name): Promise<WakePage[Name]> {
  return page.run(`wake.${name}`);
}

async function openLive(page: Page): Promise<void> {
  await page.goto(sleepUrl());
  await expect.poll(() => read(page, 'status'), { timeout: 10_000 }).toBe('live');
  await expect.poll(() => server.counts.subscriptions).toBe(1);
}

async function expectLive(page: Runs, what: string, withinMs = AT_ONCE_MS): Promise<void> {
  await expect.poll(() => read(page, 'liveAfterMs'), { timeout: 20_000 }).toBeTypeOf('number');
  const ms = (await read(page, 'liveAfterMs')) as number;
  console.info(`${what}: live after ${Math.round(ms)} ms`);
  expect(ms).toBeLessThan(withinMs);
  expect(await page.run(`wake.echo('still there')`)).toBe('still there');
}

describeBrowsers(
  'a page that sleeps',
  (browser) => {
    it('is live at once when its reader comes back to it, kept whole or loaded anew', async () => {
      await using page = await browser().open();
      await openLive(page);
      await page.run('wake.wait()');
      await expect.poll(() => server.counts.calls).toBe(1);
      await publish('one');
      await expect.poll(() => read(page, 'news')).toEqual(['one']);
      await page.goto(`${pageUrl}/elsewhere`);
      await expect.poll(() => server.counts.connections).toBe(0);
      // Firefox keeps no page that has a WebSocket open when it is left.
      const isKept = browser().name === 'chromium';
      expect(server.counts).toMatchObject({ detached: isKept ? 1 : 0, calls: isKept ? 1 : 0 });
      await publish('two');
      answer.resolve('done meanwhile');
      await page.back();
      const events = (): Promise<readonly string[]> => read(page, 'events').catch(() => []);
      await expect.poll(events, { timeout: 10_000 }).toContain(`pageshow ${isKept}`);
      await expectLive(
        page,
        `${browser().name}, back to a page that is ${isKept ? 'kept' : 'new'}`,
      );
      if (!isKept) return;
      await expect.poll(() => read(page, 'news')).toEqual(['one', 'two']);
      await expect.poll(() => read(page, 'answers')).toEqual(['done meanwhile']);
      expect(await read(page, 'events')).toContain('pagehide true');
      expect(await read(page, 'statuses')).toEqual([
        'connecting',
        'live',
        'idle',
        'connecting',
        'live',
      ]);
      expect(await read(page, 'gaps')).toBe(0);
    });

    it('is live at once when the network is there again', async () => {
      await using page = await browser().open();
      await openLive(page);
      await page.setOffline(true);
      relay.cut();
      await expect.poll(() => read(page, 'attempt'), { timeout: 15_000 }).toBeGreaterThan(1);
      await publish('meanwhile');
      relay.restore();
      await page.run('wake.mark()');
      await page.setOffline(false);
      await expect.poll(() => read(page, 'events')).toContain('online');
      await expectLive(page, `${browser().name}, online again`);
      await expect.poll(() => read(page, 'news')).toEqual(['meanwhile']);
      expect(await read(page, 'gaps')).toBe(0);
    });

    it.each(['probe', 'wall', 'both'] as const)(
      'is live at once when it is shown after its connection has died in silence (%s)',
      async (clocks) => {
        await using page = await browser().open();
        await openLive(page);
        await page.run('wake.wait()');
        await expect.poll(() => server.counts.calls).toBe(1);
        relay.swallow();
        await publish('meanwhile');
        if (clocks !== 'probe') await page.run(`wake.sleep(3600000, '${clocks}')`);
        await page.run('wake.mark()');
        await page.run(`document.dispatchEvent(new Event('visibilitychange'))`);
        const title = { probe: 'asked for life', wall: 'wall clock ahead', both: 'clocks ahead' }[
          clocks
        ];
        await expectLive(page, `${browser().name}, dead in silence, ${title}`);
        answer.resolve('the same call');
        await expect.poll(() => read(page, 'news')).toEqual(['meanwhile']);
        await expect.poll(() => read(page, 'answers')).toEqual(['the same call']);
      },
    );
  },
  { keepsPages: true },
);

const CHROMIUM = '/usr/bin/chromium';

describe.skipIf(!existsSync(CHROMIUM))('a tab in the background, in chromium', () => {
  it('has no connection while it is frozen, and goes on where it was', async () => {
    await using tab = await openBackgroundTab(CHROMIUM, sleepUrl());
    await expect.poll(() => server.counts.subscriptions, { timeout: 10_000 }).toBe(1);
    await tab.freeze();
    await expect.poll(() => server.counts).toMatchObject({ connections: 0, detached: 1 });
    await publish('meanwhile');
    await tab.thaw();
    await expectLive(tab, 'chromium, thawed');
    await expect.poll(() => read(tab, 'news')).toEqual(['meanwhile']);
    expect(await read(tab, 'events')).toEqual(expect.arrayContaining(['freeze', 'resume']));
    expect(await read(tab, 'gaps')).toBe(0);
  });
});

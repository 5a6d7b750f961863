import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProbeServer } from '@trunkline/conformance/server';
import type { Server } from '@trunkline/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePage } from '../runtimes/bundle.mjs';
import type { CaseResult } from '../runtimes/case.js';
import { startHost, type RunningHost } from '../runtimes/host.js';
import { RigServer } from '../runtimes/rig-server.js';
import { cases } from '../runtimes/suite.js';
import { describeBrowsers } from './support/browser.js';
import { NOTHING_OPEN } from '../support/nothing-open.js';

const PAGE = `<!doctype html><html lang="en"><title>The client suite</title>
<script type="module" src="/suite.js"></script>`;

let script: string;
let pages: HttpServer;
let pageUrl: string;
let server: Server;
let rig: RigServer;
let host: RunningHost;

/** Allows the one script, and connections to what the suite talks to. */
function policyOf({
  url,
  directUrl,
  rigUrl,
  goneUrl,
  strangeUrl,
  controlUrl,
}: RunningHost): string {
  const connections = [url, directUrl, rigUrl, goneUrl, strangeUrl, controlUrl].join(' ');
  // Firefox asks for an icon although the page names none.
  return `default-src 'none'; script-src 'self'; img-src 'self'; connect-src ${connections}`;
}

beforeAll(async () => {
  script = bundlePage();
  pages = createServer((request, response) => {
    const [type, text] =
      request.url === '/suite.js' ? ['text/javascript', script] : ['text/html', PAGE];
    response.writeHead(200, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policyOf(host),
    });
    response.end(text);
  });
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  pageUrl = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  const options = { origins: [pageUrl], onError: () => {} };
  server = createProbeServer(options);
  rig = new RigServer(options);
  const { port } = await server.listen({ port: 0, host: '127.0.0.1' });
  host = await startHost({ port, rigPort: await rig.listen() });
});

afterAll(async () => {
  pages.close();
  pages.closeAllConnections();
  await Promise.all([once(pages, 'close'), host.close(), server.close(), rig.close()]);
});

/** What a browser says of connections that fail is expected here; all else is not. */
function isFault(line: string): boolean {
  return /policy/i.test(line) || (line.startsWith('uncaught') && !line.includes('connection to'));
}

describeBrowsers('a client on a page with a strict policy', (browser) => {
  it('passes every case of the suite, and leaves nothing', { timeout: 300_000 }, async () => {
    await using page = await browser().open();
    await page.goto(pageUrl);
    const results: CaseResult[] = [];
    for (const { name } of cases) {
      const parameters = [name, host].map((one) => JSON.stringify(one)).join();
      results.push(await page.run<CaseResult>(`runSuiteCase(${parameters})`));
    }
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
    expect(results).toHaveLength(cases.length);
    expect(page.log.filter(isFault)).toEqual([]);
    // A browser ends the attempts that it has put off when it likes; what leaks stays for ever.
    await expect.poll(() => server.counts).toEqual(NOTHING_OPEN);
    await expect.poll(() => rig.open).toBe(0);
  });
});

describe('the bundle of the suite', () => {
  it('makes no code from text', () => {
    expect(script).not.toMatch(/\beval\(|new Function\b|\bFunction\(/);
  });
});

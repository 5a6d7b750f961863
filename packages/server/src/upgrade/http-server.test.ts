import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { resolveServerLimits } from '../limits/limits.js';
import { createHttpServer, listLooserLimits } from './http-server.js';

describe('createHttpServer', () => {
  it('has the limits of HTTP requests and looks at them every 2 s', () => {
    const server = createHttpServer(resolveServerLimits(undefined), undefined);
    expect(server).toMatchObject({
      maxHeaderSize: 16_384,
      maxHeadersCount: 100,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 2_000,
      maxConnections: 51_000,
    });
  });

  it('keeps the time for headers within that of the request', () => {
    const server = createHttpServer(resolveServerLimits({ requestMs: 4_000 }), undefined);
    expect(server.headersTimeout).toBe(4_000);
  });
});

describe('listLooserLimits', () => {
  it('names what an HTTP server allows beyond the limits', () => {
    expect(listLooserLimits(createServer(), resolveServerLimits(undefined))).toEqual([
      'maxHeadersCount is 2000 (limit headerCount: 100)',
      'headersTimeout is 60000 (limit headersMs: 10000)',
      'requestTimeout is 300000 (limit requestMs: 15000)',
    ]);
  });

  it('takes 0 for no limit at all', () => {
    const server = createServer({ headersTimeout: 0, requestTimeout: 0, maxHeaderSize: 65_536 });
    server.maxHeadersCount = 50;
    expect(listLooserLimits(server, resolveServerLimits(undefined))).toEqual([
      'maxHeaderSize is 65536 (limit headerBytes: 16384)',
      'headersTimeout is 0 (limit headersMs: 10000)',
      'requestTimeout is 0 (limit requestMs: 15000)',
    ]);
  });

  it('is content with a server as tight as our own', () => {
    const limits = resolveServerLimits(undefined);
    expect(listLooserLimits(createHttpServer(limits, undefined), limits)).toEqual([]);
  });
});

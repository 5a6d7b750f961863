import { createServer as createHttpServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createServer } from './server.js';

function openServer() {
  const server = createServer({ services: [], anonymous: true });
  onTestFinished(() => server.close());
  return server;
}

describe('an option that does not exist', () => {
  it('is refused by mount, which would take every path otherwise', () => {
    const http = createHttpServer();
    const server = openServer();
    expect(() => server.mount(http, { pth: '/x' } as object)).toThrow(
      /^mount: unknown option "pth": expected path$/,
    );
    expect(http.listenerCount('upgrade')).toBe(0);
  });

  it('is refused by listen, before a port is opened', async () => {
    const options = { port: 0, readypath: '/ready' };
    await expect(openServer().listen(options)).rejects.toThrow(
      /^listen: unknown option "readypath": did you mean "readyPath"\?$/,
    );
  });

  it('is refused by drain, before anything is drained', async () => {
    const server = openServer();
    expect(() => server.drain({ windowMS: 5 } as object)).toThrow(
      /^drain: unknown option "windowMS": did you mean "windowMs"\?$/,
    );
    expect(server.phase).toBe('serving');
  });

  it('is refused by drainOnSignal, before it listens for a signal', () => {
    const before = process.listenerCount('SIGTERM');
    expect(() => openServer().drainOnSignal({ signal: 'SIGTERM' } as object)).toThrow(
      /^drainOnSignal: unknown option "signal": did you mean "signals"\?$/,
    );
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('is refused by recheck, which would ask about everybody otherwise', async () => {
    await expect(openServer().recheck({ principle: 'ada' } as object)).rejects.toThrow(
      /^recheck: unknown option "principle": did you mean "principal"\?$/,
    );
  });

  it('is refused by revoke, which would let clients come back otherwise', () => {
    expect(() => openServer().revoke('ada', { finally: true } as object)).toThrow(
      /^revoke: unknown option "finally": did you mean "final"\?$/,
    );
  });
});

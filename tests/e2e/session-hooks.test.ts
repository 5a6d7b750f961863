import type { SessionClosed, SessionOpened } from '@trunkline/server';
import { describe, expect, it } from 'vitest';
import { chatService } from '../support/chat-service.js';
import { openRawHost, type RawHost } from '../support/raw-peer.js';

interface Told {
  readonly opened: SessionOpened[];
  readonly closed: SessionClosed[];
}

function openHost(): RawHost & { readonly told: Told } {
  const told: Told = { opened: [], closed: [] };
  const host = openRawHost({
    services: [chatService()],
    authenticate: ({ token }) =>
      token === 'wrong' ? undefined : { principal: token, user: {} as never },
    onOpen: (opened) => told.opened.push(opened),
    onClose: (closed) => told.closed.push(closed),
  });
  return Object.assign(host, { told });
}

describe('onOpen and onClose', () => {
  it('tell of a session when it opens, and how it ends', async () => {
    await using host = openHost();
    const peer = host.connect();
    expect(host.told.opened).toEqual([]);
    await peer.hello('ada');
    const { session } = peer.of('WELCOME')[0] ?? {};
    expect(host.told.opened).toMatchObject([
      { principal: 'ada', session: { id: session, connection: { remoteAddress: '127.0.0.1' } } },
    ]);
    expect(host.told.closed).toEqual([]);
    for (const connection of host.network.connections) connection.cut();
    await host.runtime.settle();
    expect(host.told.closed).toMatchObject([{ principal: 'ada', code: 1006 }]);
    expect(host.told.closed[0]?.session).toBe(host.told.opened[0]?.session);
  });

  it('say with which code and reason the server has ended it', async () => {
    await using host = openHost();
    const peer = host.connect();
    await peer.hello('ada');
    await peer.bytes(Uint8Array.of(0x08));
    expect(host.told.closed).toMatchObject([{ code: 4400, reason: peer.closed?.reason }]);
  });

  it('say nothing of a client that was not let in', async () => {
    await using host = openHost();
    const peer = host.connect();
    await peer.hello('wrong');
    expect(peer.closed).toMatchObject({ code: 4401 });
    expect(host.told).toEqual({ opened: [], closed: [] });
  });

  it('tell of the end of each session when the server closes, once', async () => {
    const host = openHost();
    for (const token of ['ada', 'bob']) await host.connect().hello(token);
    await host[Symbol.asyncDispose]();
    expect(host.told.closed.map(({ principal, code }) => [principal, code])).toEqual([
      ['ada', 1001],
      ['bob', 1001],
    ]);
  });

  it('report what they throw, and the connection lives', async () => {
    await using host = openRawHost({
      services: [chatService()],
      anonymous: true,
      onOpen: () => {
        throw new Error('in onOpen');
      },
      onClose: () => Promise.reject(new Error('in onClose')) as never,
    });
    const peer = host.connect();
    await peer.hello();
    expect(host.failures).toMatchObject([{ where: 'onOpen', error: { message: 'in onOpen' } }]);
    expect(peer.of('WELCOME')).toHaveLength(1);
    await peer.bytes(Uint8Array.of(0x08));
    expect(host.failures[1]).toMatchObject({ where: 'onClose', error: { message: 'in onClose' } });
  });
});

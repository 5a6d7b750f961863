import { FEATURES, type Message } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { chatService, createProbe } from '../support/chat-service.js';
import { bind, call } from '../support/messages.js';
import { openRawHost, type RawHost, type RawPeer } from '../support/raw-peer.js';

const SOCKETS = 200;

interface Known {
  readonly session: string;
  readonly secret: Uint8Array;
}

async function begin(host: RawHost): Promise<{ peer: RawPeer; known: Known }> {
  const peer = host.connect();
  await peer.hello('', FEATURES.RESUME);
  const [welcome] = peer.of('WELCOME');
  const { session = '', secret = new Uint8Array(0) } = welcome ?? {};
  return { peer, known: { session, secret } };
}

function resume({ session, secret }: Known, attach: number, rx = 0): Message {
  const rest = { features: FEATURES.RESUME, token: '', first: 1, revisions: [] };
  return { kind: 'RESUME', session, secret, attach, rx, ...rest };
}

/** Connects so many times before anybody says something. */
function crowd(host: RawHost): RawPeer[] {
  return Array.from({ length: SOCKETS }, () => host.connect());
}

describe('a flood of RESUMEs from many sockets', () => {
  it('leaves one connection, the newest, whose session goes on', async () => {
    const probe = createProbe();
    await using host = openRawHost({ anonymous: true, services: [chatService(probe)] });
    const { peer, known } = await begin(host);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    const peers = crowd(host);
    await host.runtime.settle();
    // Each of them has the secret, and the newest is somewhere among them.
    await Promise.all(peers.map((each, n) => each.send(resume(known, 2 + ((n * 37) % SOCKETS)))));
    await host.runtime.settle();
    const open = peers.filter(({ closed }) => closed === undefined);
    expect(open).toHaveLength(1);
    const codes = peers.map(({ closed }) => closed?.code);
    expect(new Set(codes)).toEqual(new Set([undefined, 4409]));
    expect(peer.closed?.code).toBe(4409);
    expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1, calls: 1 });
    probe.answer.resolve('done');
    await host.runtime.settle();
    expect(open[0]?.of('RESULT')).toHaveLength(1);
    expect(probe.started).toBe(1);
  });

  it('with wrong secrets finds nothing, holds nothing, and harms nobody', async () => {
    const probe = createProbe();
    await using host = openRawHost({ anonymous: true, services: [chatService(probe)] });
    const { peer, known } = await begin(host);
    await peer.send(bind(0, 'chat.wait'), call(0, 0));
    const peers = crowd(host);
    await host.runtime.settle();
    const guess = (n: number): Known => ({
      session: n % 2 === 0 ? known.session : `${n}`,
      secret: known.secret.map((byte, index) => byte ^ (index === n % 32 ? 1 + (n % 255) : 0)),
    });
    await Promise.all(peers.map((each, n) => each.send(resume(guess(n), 2 + n))));
    await host.runtime.settle();
    for (const each of peers) {
      expect(each.of('GONE')).toMatchObject([{ reason: 'unknown', rx: undefined }]);
    }
    // A second guess over the same connection is none.
    await Promise.all(peers.map((each, n) => each.send(resume(guess(n + 1), 2 + n))));
    await host.runtime.settle();
    expect(new Set(peers.map(({ closed }) => closed?.code))).toEqual(new Set([4400]));
    expect(peer.closed).toBeUndefined();
    expect(host.server.counts).toMatchObject({ connections: 1, sessions: 1, calls: 1 });
    probe.answer.resolve('done');
    await host.runtime.settle();
    expect(peer.of('RESULT')).toHaveLength(1);
  });

  it('ends with those that say nothing', async () => {
    await using host = openRawHost({ anonymous: true, services: [chatService()] });
    const peers = crowd(host);
    await host.runtime.advance(4_999);
    expect(host.server.counts.connections).toBe(SOCKETS);
    await host.runtime.advance(1);
    expect(new Set(peers.map(({ closed }) => closed?.code))).toEqual(new Set([4408]));
    expect(host.server.counts.connections).toBe(0);
  });

  it('with tombstones tells each its end, and keeps no more of it', async () => {
    await using host = openRawHost({
      anonymous: true,
      services: [chatService()],
      limits: { tombstones: 10 },
    });
    const known: Known[] = [];
    for (let n = 0; n < 50; n++) {
      const { peer, known: one } = await begin(host);
      known.push(one);
      await peer.close('LEAVING');
    }
    const peers = known.map(() => host.connect());
    await host.runtime.settle();
    await Promise.all(peers.map((each, n) => each.send(resume(known[n] as Known, 2))));
    await host.runtime.settle();
    const reasons = peers.map((each) => each.of('GONE')[0]?.reason);
    expect(reasons.slice(0, 40)).toEqual(Array(40).fill('unknown'));
    expect(reasons.slice(40)).toEqual(Array(10).fill('expired'));
    for (const peer of peers) await peer.cut();
    expect(host.server.counts.sessions).toBe(0);
  });
});

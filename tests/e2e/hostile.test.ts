import { TrunklineError, type Message } from '@trunkline/protocol';
import { describe, expect, it } from 'vitest';
import { chatService, createProbe } from '../support/chat-service.js';
import { bind, call, subscribe } from '../support/messages.js';
import { fromHex, openRawHost, payloadOf, type RawPeer } from '../support/raw-peer.js';

interface HostileCase {
  readonly name: string;
  readonly attack: (peer: RawPeer) => Promise<void>;
  readonly code: number;
  readonly reason: string;
}

/** What breaks the protocol: the connection closes with this code and reason, and nothing else is harmed. */
const CLOSED: readonly HostileCase[] = [
  {
    name: 'bytes that are no batch',
    attack: (peer) => peer.bytes(fromHex('ff')),
    code: 4400,
    reason: 'bad batch head',
  },
  {
    name: 'an empty WebSocket message',
    attack: (peer) => peer.bytes(fromHex('')),
    code: 4400,
    reason: 'truncated',
  },
  {
    name: 'a length that lies',
    attack: (peer) => peer.bytes(fromHex('00 07 ff ff ff ff ff ff ff 0f')),
    code: 4400,
    reason: 'truncated',
  },
  {
    name: 'an unknown mandatory message',
    attack: (peer) => peer.bytes(fromHex('00 3f 00')),
    code: 4400,
    reason: 'unknown mandatory message',
  },
  {
    name: 'a second HELLO',
    attack: (peer) => peer.hello(),
    code: 4400,
    reason: 'second hello',
  },
  {
    name: 'a message that only servers send',
    attack: (peer) => peer.send({ kind: 'RESULT', id: 0, ...payloadOf(1) }),
    code: 4400,
    reason: 'message in the wrong direction',
  },
  {
    name: 'CHUNK, that goes on with nothing',
    attack: (peer) =>
      peer.send({
        kind: 'CHUNK',
        transfer: 0,
        isFirst: false,
        isLast: false,
        isAbort: false,
        size: 0,
        bytes: new Uint8Array(1),
      }),
    code: 4400,
    reason: 'bad chunk',
  },
  {
    name: 'AUTH, which is not offered',
    attack: (peer) => peer.send({ kind: 'AUTH', token: 'x' }),
    code: 4400,
    reason: 'message not offered',
  },
  {
    name: 'GOAWAY from a client',
    attack: (peer) => peer.send({ kind: 'GOAWAY', reason: 'old', afterMs: 0, windowMs: 0 }),
    code: 4400,
    reason: 'message not offered',
  },
  {
    name: 'a packed payload',
    attack: (peer) => peer.bytes(fromHex('01 01 00 51 04 00 00 01 00')),
    code: 4400,
    reason: 'bad flags',
  },
  {
    name: 'a number from the future',
    attack: (peer) => peer.bytes(fromHex('01 05 00 58 00')),
    code: 4400,
    reason: 'bad sequence number',
  },
  {
    name: 'an acknowledgement of what was never sent',
    attack: (peer) => peer.bytes(fromHex('02 09 00')),
    code: 4400,
    reason: 'bad acknowledgement',
  },
  {
    name: 'a call of a procedure that is not bound',
    attack: (peer) => peer.send(call(0, 7)),
    code: 4400,
    reason: 'procedure not bound',
  },
  {
    name: 'a call with an id of the server',
    attack: (peer) => peer.send(bind(0, 'chat.echo'), call(1, 0)),
    code: 4400,
    reason: 'call id taken or of the wrong side',
  },
  {
    name: 'a call with an id that is taken',
    attack: (peer) => peer.send(bind(0, 'chat.wait'), call(0, 0), call(0, 0)),
    code: 4400,
    reason: 'call id taken or of the wrong side',
  },
  {
    name: 'a bind out of order',
    attack: (peer) => peer.send(bind(4, 'chat.echo')),
    code: 4400,
    reason: 'bad bind',
  },
  {
    name: 'more items than there is credit for',
    attack: (peer) =>
      peer.send(
        bind(0, 'chat.sum', 'stream'),
        call(0, 0),
        ...Array.from({ length: 40 }, (): Message => ({ kind: 'ITEM', id: 0, ...payloadOf(1) })),
      ),
    code: 4400,
    reason: 'item without credit',
  },
  {
    name: 'an item for a stream that takes none',
    attack: (peer) =>
      peer.send(bind(0, 'chat.count', 'stream'), call(0, 0, { to: 1e6 }), {
        kind: 'ITEM',
        id: 0,
        ...payloadOf(1),
      }),
    code: 4400,
    reason: 'item not expected',
  },
  {
    name: 'an item after the end',
    attack: (peer) =>
      peer.send(
        bind(0, 'chat.sum', 'stream'),
        call(0, 0),
        { kind: 'END', id: 0, ...payloadOf(undefined) },
        { kind: 'ITEM', id: 0, ...payloadOf(1) },
      ),
    code: 4400,
    reason: 'item not expected',
  },
  {
    name: 'a subscription number out of order',
    attack: (peer) => peer.send(subscribe(3, 'chat.ticks')),
    code: 4400,
    reason: 'subscription number out of order',
  },
  {
    name: 'a flood of cancels',
    attack: (peer) =>
      peer.send(
        ...Array.from({ length: 1_500 }, (): Message => ({
          kind: 'CANCEL',
          id: 2,
          reason: 'withdrawn',
        })),
      ),
    code: 4429,
    reason: '5000',
  },
  {
    name: 'a flood of calls that fail by their own fault',
    attack: (peer) =>
      peer.send(
        bind(0, 'chat.post'),
        ...Array.from({ length: 1_500 }, (_, n) => call(n * 2, 0, { n })),
      ),
    code: 4429,
    reason: '5000',
  },
  {
    name: 'a batch over the limit',
    attack: (peer) => peer.bytes(new Uint8Array(262_145)),
    code: 1009,
    reason: 'batch too big',
  },
];

/** What is wrong with one call only: an ERROR for it, and the connection lives. */
const REFUSED: readonly { name: string; call: Uint8Array | Message; code: string }[] = [
  { name: 'JSON that is none', call: raw('{"json":'), code: 'INVALID_INPUT' },
  { name: 'a document without json', call: raw('{"meta":{"v":1}}'), code: 'INVALID_INPUT' },
  {
    name: 'a prototype key',
    call: raw('{"json":{"__proto__":{"polluted":1}}}'),
    code: 'INVALID_INPUT',
  },
  {
    name: 'a prototype key behind escapes',
    call: raw('{"json":{"\\u005f\\u005fproto__":{"polluted":1}}}'),
    code: 'INVALID_INPUT',
  },
  {
    name: 'a typed array whose length lies',
    call: raw('{"json":2147483648,"meta":{"values":[["typed-array","Float64Array"]],"v":1}}'),
    code: 'INVALID_INPUT',
  },
  {
    name: 'an index that would make an array huge',
    call: raw('{"json":{"a":[1]},"meta":{"values":{"a.50000000":["Date"]},"v":1}}'),
    code: 'INVALID_INPUT',
  },
  {
    name: 'a regular expression',
    call: raw('{"json":"/(a+)+$/","meta":{"values":["regexp"],"v":1}}'),
    code: 'INVALID_INPUT',
  },
  {
    name: 'references that grow',
    call: raw('{"json":{"a":[]},"meta":{"referentialEqualities":{"a":["b"]},"v":1}}'),
    code: 'INVALID_INPUT',
  },
  {
    name: 'depth',
    call: raw(`{"json":${'['.repeat(5_000)}${']'.repeat(5_000)}}`),
    code: 'INVALID_INPUT',
  },
  {
    name: 'too many values',
    call: raw(`{"json":[${'0,'.repeat(60_000)}0]}`),
    code: 'INVALID_INPUT',
  },
];

function raw(json: string): Uint8Array {
  return new TextEncoder().encode(json);
}

function superjson(json: Uint8Array): Uint8Array {
  const size = [];
  for (let rest = json.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      size.push(rest);
      break;
    }
    size.push((rest % 128) | 128);
  }
  return Uint8Array.from([...size, ...json, 0]);
}

const RESUME: Message = {
  kind: 'RESUME',
  features: 0,
  token: '',
  session: 'guess',
  attach: 2,
  secret: new Uint8Array(32),
  rx: 0,
  first: 1,
  revisions: [],
};

describe('a hostile client', () => {
  for (const { name, attack, code, reason } of CLOSED) {
    it(`is closed with ${code} for ${name}, and its neighbour is unharmed`, async () => {
      const probe = createProbe();
      await using host = openRawHost({ anonymous: true, services: [chatService(probe)] });
      const neighbour = host.connect();
      await neighbour.hello();
      const peer = host.connect();
      await peer.hello();
      await attack(peer);
      await host.runtime.settle();
      expect(peer.closed).toEqual({ code, reason });
      await neighbour.send(bind(0, 'chat.echo'), call(0, 0, 'alive'));
      expect(neighbour.of('RESULT')).toHaveLength(1);
      probe.answer.resolve('done');
    });
  }

  for (const { name, call: json, code } of REFUSED) {
    it(`gets ${code} for ${name}, and its connection lives`, async () => {
      await using host = openRawHost({ anonymous: true, services: [chatService()] });
      const peer = host.connect();
      await peer.hello();
      const bytes = superjson(json as Uint8Array);
      await peer.send(bind(0, 'chat.echo'), {
        kind: 'CALL',
        id: 0,
        procedure: 0,
        encoding: 2,
        bytes,
      });
      expect(peer.of('ERROR')).toMatchObject([{ id: 0, code, executed: 'no' }]);
      await peer.send(call(2, 0, 'alive'));
      expect(peer.of('RESULT')).toHaveLength(1);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
      expect(host.failures).toEqual([]);
    });
  }

  it('is closed with 4408 when its HELLO does not come', async () => {
    await using host = openRawHost({ anonymous: true, services: [chatService()] });
    const peer = host.connect();
    await host.runtime.advance(4_999);
    expect(peer.closed).toBeUndefined();
    await host.runtime.advance(1);
    expect(peer.closed).toEqual({ code: 4408, reason: 'no hello in time' });
  });

  it('is closed when something else than HELLO comes first', async () => {
    await using host = openRawHost({ anonymous: true, services: [chatService()] });
    const peer = host.connect();
    await host.runtime.settle();
    await peer.send(bind(0, 'chat.echo'));
    expect(peer.closed).toEqual({ code: 4400, reason: 'hello must come first and alone' });
  });

  it('is told GONE for RESUME, which is not offered, and may send HELLO', async () => {
    await using host = openRawHost({ anonymous: true, services: [chatService()] });
    const peer = host.connect();
    await host.runtime.settle();
    await peer.send(RESUME);
    expect(peer.of('GONE')).toMatchObject([{ reason: 'unknown', rx: undefined }]);
    await peer.hello();
    expect(peer.of('WELCOME')).toHaveLength(1);
    const stubborn = host.connect();
    await host.runtime.settle();
    await stubborn.send(RESUME);
    await stubborn.send(RESUME);
    expect(stubborn.closed).toEqual({ code: 4400, reason: 'hello must come first and alone' });
  });

  it('has nothing run for it before it is authenticated, and is held to 8 KiB', async () => {
    const probe = createProbe();
    const admit: (() => void)[] = [];
    await using host = openRawHost({
      authenticate: () =>
        new Promise((resolve) => admit.push(() => resolve({ principal: 'ann', user: undefined }))),
      services: [chatService(probe)],
    });
    const peer = host.connect();
    await peer.hello('token');
    await peer.send(bind(0, 'chat.wait'), {
      ...call(0, 0),
      idempotencyKey: new Uint8Array([1]),
    });
    expect(probe.started).toBe(0);
    const greedy = host.connect();
    await greedy.hello('token');
    await greedy.bytes(new Uint8Array(8_193));
    expect(greedy.closed).toEqual({
      code: 4400,
      reason: 'too much or wrong message before welcome',
    });
    admit.forEach((resolve) => resolve());
    await host.runtime.settle();
    expect(peer.of('ERROR')).toMatchObject([{ id: 0, code: 'UNAVAILABLE', executed: 'no' }]);
    expect(probe.started).toBe(0);
  });

  it('is closed with 4401 without a token and with 4403 when it is turned away', async () => {
    await using host = openRawHost({
      authenticate: ({ token }) => {
        if (token === 'banned') throw new TrunklineError('DENIED', 'banned');
        if (token === 'broken') throw new Error('canary');
        return undefined;
      },
      services: [chatService()],
    });
    const peer = host.connect();
    await peer.hello();
    expect(peer.closed).toEqual({ code: 4401, reason: 'token refused' });
    const banned = host.connect();
    await banned.hello('banned');
    expect(banned.closed).toEqual({ code: 4403, reason: 'refused' });
    const unlucky = host.connect();
    await unlucky.hello('broken');
    expect(unlucky.closed).toEqual({ code: 1001, reason: 'authentication failed' });
    expect(host.failures).toMatchObject([{ where: 'authenticate' }]);
  });

  it('may be silent for less than 35 s, is pinged, and is cut then', async () => {
    await using host = openRawHost({ anonymous: true, services: [chatService()] });
    const peer = host.connect();
    await peer.hello();
    await host.runtime.advance(18_001);
    expect(peer.of('PING')).toHaveLength(1);
    expect(host.server.counts.connections).toBe(1);
    await host.runtime.advance(17_000);
    expect(peer.closed?.code).toBe(1006);
    expect(host.server.counts.connections).toBe(0);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import {
  AcceptorRig,
  type AcceptedConnection,
  type AcceptorRigOptions,
} from '../../tests/acceptor-rig.js';
import { encodeRawFrame, RawPeer, upgradeRequest } from '../../tests/raw-peer.js';

const rigs: AcceptorRig[] = [];

function open(options?: AcceptorRigOptions): AcceptorRig {
  const rig = new AcceptorRig(options);
  rigs.push(rig);
  return rig;
}

async function connect(options?: AcceptorRigOptions) {
  const rig = open(options);
  const port = await rig.listen();
  const peer = await RawPeer.upgrade(port);
  return { rig, port, peer, connection: rig.connections[0] as AcceptedConnection };
}

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.dispose();
});

describe('a transport of WsAcceptor', () => {
  it('gives each binary message to the sink and writes each batch as one', async () => {
    const { rig, peer, connection } = await connect();
    peer.send({ first: 0x82, payload: Buffer.from('one') });
    peer.send({ first: 0x82, payload: Buffer.from('two'), mask: [9, 8, 7, 6] });
    await rig.until(() => connection.batches.length === 2);
    expect(connection.batches.map(String)).toEqual(['one', 'two']);
    connection.transport.write([Buffer.from('three'), Buffer.from('four')]);
    expect(await peer.frame()).toEqual({ first: 0x82, payload: Buffer.from('three') });
    expect(await peer.frame()).toEqual({ first: 0x82, payload: Buffer.from('four') });
  });

  it('keeps batches of all sizes in order, and closes behind them', async () => {
    const { peer, connection } = await connect();
    const sizes = [1, 200, 70_000, 5, 1_024, 1_025, 200_000, 3];
    const batches = sizes.map((size, index) => new Uint8Array(size).fill(index));
    connection.transport.write(batches.slice(0, 3));
    connection.transport.write(batches.slice(3, 4));
    connection.transport.write(batches.slice(4));
    connection.transport.close({ code: 'DRAINING', reason: '1500' });
    connection.transport.write([new Uint8Array(1)]);
    for (const batch of batches) {
      const { first, payload } = await peer.frame();
      expect(first).toBe(0x82);
      expect(payload.equals(batch)).toBe(true);
    }
    expect(await peer.closeFrame()).toEqual({ code: 4503, reason: '1500' });
    expect(peer.received.length).toBe(0);
  });

  it('gives messages that came in one piece with the request', async () => {
    const rig = open();
    const peer = await RawPeer.connect(await rig.listen());
    const frame = encodeRawFrame({
      first: 0x82,
      payload: Buffer.from('hello'),
      mask: [1, 2, 3, 4],
    });
    peer.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), frame, frame]));
    await rig.until(() => rig.connections[0]?.batches.length === 2);
    expect(rig.connection.batches.map(String)).toEqual(['hello', 'hello']);
  });

  it('gives bytes whose copies are copies', async () => {
    const copies: Uint8Array[] = [];
    let given: Uint8Array | undefined;
    const { rig, peer } = await connect({
      accept: (transport) => ({
        receive: (batch) => {
          given = batch;
          copies.push(batch.slice());
          transport.write([batch.slice()]);
        },
        receiveText: () => {},
        writable: () => {},
        closed: () => {},
      }),
    });
    peer.send({ first: 0x82, payload: Buffer.from('abc') });
    await peer.frame();
    given?.fill(0);
    expect(copies.map((copy) => Buffer.from(copy).toString())).toEqual(['abc']);
    peer.socket.destroy();
    expect(rig.errors).toEqual([]);
  });

  it('tells text from batches', async () => {
    const { rig, peer, connection } = await connect();
    peer.send({ first: 0x81, payload: Buffer.from('{}') });
    await rig.until(() => connection.texts === 1);
    expect(connection.batches).toEqual([]);
  });

  it('says that it is writable after a write of the limit, once', async () => {
    const { rig, peer, connection } = await connect({ limits: { writeAheadBytes: 10_000 } });
    connection.transport.write([new Uint8Array(9_000)]);
    await peer.frame();
    await rig.runtime.settle();
    expect(connection.writables).toBe(0);
    connection.transport.write([new Uint8Array(10_000)]);
    await rig.until(() => connection.writables > 0);
    expect(connection.transport.bufferedBytes).toBe(0);
    await peer.frame();
    expect(connection.writables).toBe(1);
  });

  it('says that it is writable when a slow reader has read', async () => {
    const { rig, peer, connection } = await connect();
    peer.socket.pause();
    const batch = new Uint8Array(65_536);
    while (connection.transport.bufferedBytes < 1_000_000) connection.transport.write([batch]);
    await rig.runtime.settle();
    expect(connection.writables).toBe(0);
    expect(connection.transport.bufferedBytes).toBeGreaterThan(262_144);
    peer.socket.resume();
    await rig.until(() => connection.writables > 0);
    expect(connection.transport.bufferedBytes).toBeLessThan(262_144);
  });

  it('closes with code and reason, tells the sink once, and takes nothing more', async () => {
    const { rig, peer, connection } = await connect();
    connection.transport.close({ code: 'PROTOCOL', reason: 'bad flags' });
    connection.transport.close({ code: 'LEAVING', reason: 'again' });
    peer.send({ first: 0x82, payload: Buffer.from('late') });
    const { payload } = await peer.frame();
    peer.send({ first: 0x88, payload });
    expect(await rig.untilClosed()).toEqual({ code: 4400, reason: 'bad flags' });
    await peer.ended();
    expect(connection.batches).toEqual([]);
  });

  it('ends a connection whose peer does not answer the close, after 3 s', async () => {
    const { rig, peer, connection } = await connect();
    connection.transport.close({ code: 'SLOW', reason: 'the reader is too slow' });
    await peer.closeFrame();
    await rig.runtime.advance(2_999);
    expect(connection.closes).toEqual([]);
    await rig.runtime.advance(1);
    expect(await rig.untilClosed()).toEqual({ code: 4508, reason: 'the reader is too slow' });
    await peer.ended();
  });

  it('ends a connection whose peer closes and then stays', async () => {
    const rig = open();
    const peer = await RawPeer.connect(await rig.listen(), { stays: true });
    peer.socket.write(upgradeRequest());
    await peer.answer();
    peer.send({ first: 0x88, payload: Buffer.from([3, 232, 98, 121, 101]) });
    expect(await peer.closeFrame()).toEqual({ code: 1000, reason: 'bye' });
    await rig.runtime.advance(2_999);
    expect(rig.connection.closes).toEqual([]);
    await rig.runtime.advance(1);
    expect(await rig.untilClosed()).toEqual({ code: 1000, reason: 'bye' });
    peer.socket.destroy();
  });

  it('ends a connection whose peer sends nothing more and does not read', async () => {
    const { rig, peer, connection } = await connect();
    peer.socket.pause();
    while (connection.transport.bufferedBytes < 1_000_000) {
      connection.transport.write([new Uint8Array(65_536)]);
    }
    peer.socket.end();
    while (rig.runtime.timers === 0) await rig.runtime.settle();
    await rig.runtime.advance(3_000);
    expect(await rig.untilClosed()).toEqual({ code: 1006, reason: '' });
    peer.socket.destroy();
  });

  it('reports the close of the peer', async () => {
    const { rig, peer } = await connect();
    peer.send({ first: 0x88, payload: Buffer.from([0x0f, 0xa1]) });
    expect(await peer.closeFrame()).toEqual({ code: 4001, reason: '' });
    peer.socket.end();
    expect(await rig.untilClosed()).toEqual({ code: 4001, reason: '' });
  });

  it('reports a cut as 1006, and so its own abort', async () => {
    const { rig, port, peer, connection } = await connect();
    peer.socket.resetAndDestroy();
    expect(await rig.untilClosed()).toEqual({ code: 1006, reason: '' });
    connection.transport.abort();
    connection.transport.write([new Uint8Array(1)]);
    const second = await RawPeer.upgrade(port);
    rig.connection.transport.abort();
    rig.connection.transport.abort();
    expect(await rig.untilClosed()).toEqual({ code: 1006, reason: '' });
    await second.ended();
  });
});

describe('WsAcceptor', () => {
  it('speaks the subprotocol that was offered, and no extension', async () => {
    const rig = open();
    const peer = await RawPeer.connect(await rig.listen());
    const offer = 'trunkline.v9.packed, trunkline.v1.superjson, trunkline';
    peer.socket.write(
      [
        'GET /a?b=c HTTP/1.1',
        'host: service.example',
        'connection: Upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
        `sec-websocket-protocol: ${offer}`,
        'sec-websocket-extensions: permessage-deflate; client_max_window_bits',
        '\r\n',
      ].join('\r\n'),
    );
    const answer = (await peer.answer()).toLowerCase();
    expect(answer).toContain('sec-websocket-protocol: trunkline.v1.superjson\r\n');
    expect(answer).not.toContain('extensions');
    expect(rig.connection.info).toMatchObject({ remoteAddress: '127.0.0.1', url: '/a?b=c' });
  });

  it('tells a page of a foreign origin after the upgrade, without accepting it', async () => {
    const rig = open();
    const port = await rig.listen();
    const peer = await RawPeer.upgrade(port, { origin: 'https://evil.example' });
    expect(await peer.closeFrame()).toEqual({ code: 4403, reason: 'origin not allowed' });
    expect([rig.connections.length, rig.acceptor.count]).toEqual([0, { sockets: 1, pending: 1 }]);
    await rig.runtime.advance(3_000);
    await peer.ended();
  });

  it('tells a client of another version which ones it speaks', async () => {
    const rig = open();
    const port = await rig.listen();
    const offer = { 'sec-websocket-protocol': 'trunkline.v9.packed, trunkline' };
    const peer = await RawPeer.upgrade(port, offer);
    expect(await peer.closeFrame()).toEqual({
      code: 4406,
      reason: 'trunkline.v1.packed trunkline.v1.superjson',
    });
    peer.socket.destroy();
    expect(rig.connections).toEqual([]);
  });

  it('knows its own origin through a trusted proxy', async () => {
    const rig = open({ trustedProxies: ['127.0.0.1'] });
    const port = await rig.listen();
    const headers = {
      origin: 'https://app.example',
      'x-forwarded-for': '198.51.100.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'app.example',
    };
    await RawPeer.upgrade(port, headers);
    expect(rig.connection.info).toMatchObject({
      remoteAddress: '198.51.100.1',
      origin: 'https://app.example',
    });
    expect(rig.errors).toEqual([]);
  });

  it('says once that forwarded headers of a stranger do not count', async () => {
    const rig = open();
    const port = await rig.listen();
    for (let round = 0; round < 3; round++) {
      await RawPeer.upgrade(port, { 'x-forwarded-for': '198.51.100.1' });
      expect(rig.connection.info.remoteAddress).toBe('127.0.0.1');
    }
    expect(rig.errors.map(String)).toEqual([
      'Warning: "127.0.0.1" sent forwarded headers, which do not count: it is not in the option ' +
        '"trustedProxies"; list it if it is a proxy of yours',
    ]);
  });

  it('ends a connection that could not be accepted, and reports why', async () => {
    const fault = new Error('no');
    const rig = open({
      accept: () => {
        throw fault;
      },
    });
    const peer = await RawPeer.upgrade(await rig.listen());
    await peer.ended();
    expect(rig.errors).toEqual([fault]);
  });

  it('ends a connection whose sink throws, and keeps the others', async () => {
    const fault = new Error('a bug');
    let isFaulty = true;
    const rig = open({
      received: () => {
        if (isFaulty) throw fault;
      },
    });
    const port = await rig.listen();
    const [first, second] = [await RawPeer.upgrade(port), await RawPeer.upgrade(port)];
    first.send({ first: 0x82, payload: Buffer.from('a') });
    await first.ended();
    expect(rig.errors).toEqual([fault]);
    isFaulty = false;
    second.send({ first: 0x82, payload: Buffer.from('b') });
    await rig.until(() => rig.connection.batches.length === 1);
    expect(rig.connection.closes).toEqual([]);
  });

  it('refuses cookies for pages of any origin', () => {
    expect(() => open({ origins: 'any', cookies: true })).toThrow(
      new TypeError(
        'option "origins" must not be "any" with cookies: every page could act as the user; ' +
          'list the origins',
      ),
    );
  });
});

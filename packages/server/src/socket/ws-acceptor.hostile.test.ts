import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AcceptorRig, type AcceptorRigOptions } from '../../tests/acceptor-rig.js';
import { encodeRawFrame, RawPeer, upgradeRequest, type RawFrame } from '../../tests/raw-peer.js';

const rigs: AcceptorRig[] = [];
const escaped: unknown[] = [];
const onEscaped = (error: unknown): void => void escaped.push(error);

async function listen(options?: AcceptorRigOptions) {
  const rig = new AcceptorRig(options);
  rigs.push(rig);
  return { rig, port: await rig.listen() };
}

/** Sends text over a new socket and gives the status of the answer; 0 when there was none. */
async function ask(port: number, text: string): Promise<number> {
  const peer = await RawPeer.connect(port);
  peer.socket.write(text);
  const [, status = '0'] = (await peer.answer()).split(' ');
  if (status !== '101') await peer.ended();
  peer.socket.destroy();
  return Number(status);
}

async function expectAlive(rig: AcceptorRig, port: number): Promise<void> {
  const peer = await RawPeer.upgrade(port);
  const { connection } = rig;
  peer.send({ first: 0x82, payload: Buffer.from('alive') });
  await rig.until(() => connection.batches.length === 1);
  expect(connection.batches.map(String)).toEqual(['alive']);
  peer.socket.destroy();
}

beforeAll(() => {
  process.on('uncaughtException', onEscaped);
  process.on('unhandledRejection', onEscaped);
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    await rig.dispose();
    escaped.push(...rig.errors);
  }
  // Whatever a peer sends is neither reported as a fault of ours nor does it go past all listeners.
  if (escaped.length > 0) throw new AggregateError(escaped.splice(0), 'a peer did harm');
});

afterAll(() => {
  process.off('uncaughtException', onEscaped);
  process.off('unhandledRejection', onEscaped);
});

describe('a hostile upgrade', () => {
  it.each([
    ['without a key', { 'sec-websocket-key': undefined }, 400],
    ['with a key that is none', { 'sec-websocket-key': '!'.repeat(24) }, 400],
    ['without a version', { 'sec-websocket-version': undefined }, 426],
    ['of version 8', { 'sec-websocket-version': '8', 'sec-websocket-origin': 'null' }, 426],
    ['to another protocol', { upgrade: 'h2c' }, 400],
    ['without subprotocols', { 'sec-websocket-protocol': undefined }, 400],
    ['with a foreign subprotocol', { 'sec-websocket-protocol': 'chat' }, 400],
    ['with 9 subprotocols', { 'sec-websocket-protocol': `${'a,'.repeat(8)}trunkline` }, 400],
    ['with 257 bytes of them', { 'sec-websocket-protocol': `trunkline,${'a'.repeat(247)}` }, 400],
    ['with commas and blanks', { 'sec-websocket-protocol': ', ,'.repeat(4_000) }, 400],
    ['with one of them twice', { 'sec-websocket-protocol': 'trunkline,trunkline' }, 400],
    ['with a name that is a word of JavaScript', { 'sec-websocket-protocol': '__proto__' }, 400],
    ['without a host', { host: undefined }, 101],
    ['with a host that is none', { host: '@:/\\', origin: 'http://@:/\\' }, 101],
    ['with an offer to compress', { 'sec-websocket-extensions': '\u00ff;=,'.repeat(99) }, 101],
  ])('%s is answered', async (_, headers, status) => {
    const { rig, port } = await listen();
    expect(await ask(port, upgradeRequest(headers))).toBe(status);
    await expectAlive(rig, port);
  });

  it('with another method is answered', async () => {
    const { port } = await listen();
    expect(await ask(port, upgradeRequest({}, 'POST / HTTP/1.1'))).toBe(405);
  });

  it('with more headers than are read is refused for those that are missing', async () => {
    const { rig, port } = await listen();
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`x-${index}`, 'a']));
    const fields = Object.entries(many).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = upgradeRequest().replace('\r\n', `\r\n${fields.join('')}`);
    expect(await ask(port, request)).toBe(400);
    await expectAlive(rig, port);
  });

  it('with more bytes of headers than are read is refused', async () => {
    const { rig, port } = await listen();
    expect(await ask(port, upgradeRequest({ 'x-bomb': 'a'.repeat(20_000) }))).toBe(431);
    await expectAlive(rig, port);
  });

  it('that resets while it is refused, or before, harms nobody', async () => {
    const { rig, port } = await listen({ limits: { sockets: 1 } });
    const [good, bad] = [upgradeRequest(), upgradeRequest({ 'sec-websocket-key': undefined })];
    for (const text of [good, bad, good.slice(0, -2), 'G', `${good}${'\u0082'.repeat(9)}`]) {
      for (let round = 0; round < 10; round++) {
        const peer = await RawPeer.connect(port);
        peer.socket.write(text);
        if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
        peer.socket.resetAndDestroy();
        await peer.ended();
      }
    }
    // Resets are noticed in their own time; the one place must be free again in the end.
    for (let status = 503; status !== 101;) status = await ask(port, good);
    expect(rig.acceptor.count.sockets).toBeLessThanOrEqual(1);
  });

  it('with bytes that are no HTTP is refused', async () => {
    const { rig, port } = await listen();
    expect(await ask(port, '\u0016\u0003\u0001 hello\r\n\r\n')).toBe(400);
    await expectAlive(rig, port);
  });
});

const HALF: RawFrame = { first: 0x02, payload: Buffer.from('a') };

describe('a hostile frame', () => {
  it.each<[string, RawFrame[], number]>([
    ['with a reserved bit', [{ first: 0xb2, payload: Buffer.from('ab') }], 1002],
    ['that says it is compressed', [{ first: 0xc2, payload: Buffer.from('ab') }], 1002],
    ['of an unknown opcode', [{ first: 0x83 }], 1002],
    ['of an unknown opcode of control', [{ first: 0x8b }], 1002],
    ['without a mask', [{ first: 0x82, payload: Buffer.from('ab'), mask: undefined }], 1002],
    ['that goes on with nothing', [{ first: 0x80 }], 1002],
    ['that begins within another message', [HALF, { first: 0x82 }], 1002],
    ['of control in pieces', [{ first: 0x09 }], 1002],
    ['of control that is too long', [{ first: 0x89, payload: new Uint8Array(126) }], 1002],
    ['that closes with half a code', [{ first: 0x88, payload: new Uint8Array(1) }], 1002],
    ['that closes with a code that is none', [{ first: 0x88, payload: new Uint8Array(2) }], 1002],
    ['of text that is no UTF-8', [{ first: 0x81, payload: Uint8Array.of(255) }], 1007],
    ['that says it has 2^53 bytes', [{ first: 0x82, length: 2 ** 53 }], 1009],
    ['that says it is over the limit', [{ first: 0x82, length: 262_145 }], 1009],
    ['that makes a message too big', [HALF, { first: 0x80, length: 262_144 }], 1009],
    [
      'too many of a message',
      [HALF, ...Array.from({ length: 10_000 }, () => ({ ...HALF, first: 0 }))],
      1008,
    ],
  ])('%s closes', async (_, frames, code) => {
    const { rig, port } = await listen();
    const peer = await RawPeer.upgrade(port);
    const { connection } = rig;
    const encoded = frames.map((frame) => encodeRawFrame({ mask: [1, 2, 3, 4], ...frame }));
    peer.socket.write(Buffer.concat(encoded));
    expect(await peer.closeFrame()).toEqual({ code, reason: '' });
    peer.socket.end();
    expect(await rig.untilClosed()).toEqual({ code, reason: '' });
    expect([connection.batches, connection.texts]).toEqual([[], 0]);
    await expectAlive(rig, port);
  });

  it('of the largest message and of 64 fragments is taken', async () => {
    const { rig, port } = await listen();
    const peer = await RawPeer.upgrade(port);
    const { connection } = rig;
    peer.send({ first: 0x82, payload: new Uint8Array(262_144) });
    for (let index = 0; index < 64; index++) {
      peer.send({ ...HALF, first: index === 0 ? 0x02 : index === 63 ? 0x80 : 0x00 });
    }
    await rig.until(() => connection.batches.length === 2);
    expect(connection.batches.map(({ length }) => length)).toEqual([262_144, 64]);
  });

  it('in more pieces than are held closes', async () => {
    const { rig, port } = await listen({ limits: { bufferedChunks: 3 } });
    const peer = await RawPeer.upgrade(port);
    peer.send({ first: 0x82, length: 200 });
    while (peer.received.length === 0) {
      peer.socket.write(new Uint8Array(1));
      await rig.runtime.settle();
    }
    expect(await peer.closeFrame()).toEqual({ code: 1008, reason: '' });
    expect(rig.connection.batches).toEqual([]);
  });

  it('that trickles in is closed when its message is 10 s old', async () => {
    const { rig, port } = await listen();
    const peer = await RawPeer.upgrade(port);
    const bytes = encodeRawFrame({ first: 0x82, payload: new Uint8Array(9), mask: [1, 2, 3, 4] });
    for (const byte of bytes.subarray(0, 10)) {
      peer.socket.write(Uint8Array.of(byte));
      while (rig.runtime.timers === 0) await rig.runtime.settle();
      await rig.runtime.advance(999);
    }
    expect(rig.connection.closes).toEqual([]);
    await rig.runtime.advance(10);
    expect(await peer.closeFrame()).toEqual({
      code: 1008,
      reason: 'message unfinished for too long',
    });
  });

  it.each([0x89, 0x8a])('of control (%i) may come 20 times in 10 s, and not 21', async (first) => {
    const { rig, port } = await listen();
    const peer = await RawPeer.upgrade(port);
    const { connection } = rig;
    const fence = async (count: number): Promise<void> => {
      peer.send({ first: 0x82 });
      await rig.until(() => connection.batches.length === count);
    };
    for (let round = 1; round <= 2; round++) {
      for (let index = 0; index < 20; index++) peer.send({ first });
      await fence(round);
      await rig.runtime.advance(10_000);
    }
    for (let index = 0; index < 21; index++) peer.send({ first });
    expect(await peer.closeFrame()).toEqual({ code: 4429, reason: '5000' });
    expect(connection.closes).toEqual([]);
  });

  it('of control is answered while the peer reads, and dropped while it does not', async () => {
    const { rig, port } = await listen({ limits: { controlFrames: 1_000, pendingPongs: 3 } });
    const peer = await RawPeer.upgrade(port);
    const { connection } = rig;
    peer.send({ first: 0x89, payload: Buffer.from('here?') });
    expect(await peer.frame()).toEqual({ first: 0x8a, payload: Buffer.from('here?') });
    peer.socket.pause();
    while (connection.transport.bufferedBytes < 1_000_000) {
      connection.transport.write([new Uint8Array(65_536)]);
    }
    await rig.runtime.settle();
    const before = connection.transport.bufferedBytes;
    for (let index = 0; index < 500; index++) peer.send({ first: 0x89, payload: Buffer.from('a') });
    peer.send({ first: 0x82 });
    await rig.until(() => connection.batches.length === 1);
    expect(connection.transport.bufferedBytes - before).toBe(3 * 3);
    // Who does not read notices no end either.
    peer.socket.destroy();
  });

  it('made of any bytes closes with a code of WebSocket, or waits for more', async () => {
    const { rig, port } = await listen();
    let state = 7;
    const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24;
    for (let round = 0; round < 150; round++) {
      const peer = await RawPeer.upgrade(port);
      const { connection } = rig;
      peer.socket.end(Uint8Array.from({ length: 1 + random() }, random));
      const { code } = await rig.untilClosed(connection);
      expect(code === 1002 || code === 1006 || code === 1009).toBe(true);
      await peer.ended();
    }
    await expectAlive(rig, port);
  });
});

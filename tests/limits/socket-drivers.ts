import { encodeRawFrame, upgradeRequest } from '../../packages/server/tests/raw-peer.js';
import { HELD, type Driver, type Drivers } from './driver.js';
import { times, type Lowered } from './limit-host.js';
import {
  ask,
  batchOrClose,
  statusOutcome,
  upgradeAll,
  withAcceptor,
  withServerSocket,
} from './socket-host.js';

const HEADERS = { 'x-forwarded-for': '198.51.100.1' };
const EMPTY = { first: 0x82 } as const;
const PING = { first: 0x89, payload: new Uint8Array(1) } as const;

/** So many sockets are opened at once, of one address that counts. */
function sockets(name: keyof Lowered, value: number): Driver {
  return {
    value,
    drive: (amount, limit) =>
      withAcceptor({ [name]: limit }, ({ port }) => upgradeAll(port, amount, { headers: HEADERS })),
  };
}

/** As many sockets are opened in each of two seconds. */
function socketsPerSecond(rate: keyof Lowered, burst: keyof Lowered): Driver {
  return {
    value: 4,
    drive: (amount, limit) =>
      withAcceptor({ [rate]: limit, [burst]: 1 }, ({ rig, port }) =>
        upgradeAll(port, amount * 2, {
          headers: HEADERS,
          pause: () => rig.runtime.advance(1_000 / amount),
        }),
      ),
  };
}

/** A request with headers that are not complete, if that is too long, and its answer. */
function unfinished(limits: (limit: number) => Lowered, value: number): Driver {
  return {
    value,
    drive: (amount, limit) =>
      withAcceptor(limits(limit), async ({ port }) => {
        const since = performance.now();
        const { status, peer } = await ask(
          port,
          `GET / HTTP/1.1\r\nhost: a\r\n${amount > limit ? '' : '\r\n'}`,
        );
        peer.socket.destroy();
        const ms = performance.now() - since;
        if (amount > limit && ms > 5_000) throw new Error(`it was answered after ${ms} ms`);
        return statusOutcome(status, 426);
      }),
  };
}

/** Drivers of the limits of sockets, HTTP requests and WebSocket frames. */
export const SOCKET_DRIVERS: Drivers = {
  sockets: sockets('sockets', 3),
  socketsPending: sockets('socketsPending', 3),
  socketRate: socketsPerSecond('socketRate', 'socketBurst'),
  socketBurst: sockets('socketBurst', 3),
  addressSockets: sockets('addressSockets', 3),
  addressPending: sockets('addressPending', 3),
  addressRate: socketsPerSecond('addressRate', 'addressBurst'),
  addressBurst: sockets('addressBurst', 3),
  headerBytes: {
    value: 1_000,
    atDefault: true,
    isReached: true,
    drive: (amount, limit) =>
      withAcceptor({ headerBytes: limit }, async ({ port }) => {
        // Node counts the path, the names and the values.
        const value = 'v'.repeat(amount - '/'.length - 'host'.length - 'a'.length - 'x'.length);
        const { status, peer } = await ask(
          port,
          `GET / HTTP/1.1\r\nhost: a\r\nx: ${value}\r\n\r\n`,
        );
        peer.socket.destroy();
        return statusOutcome(status, 426);
      }),
  },
  headerCount: {
    value: 10,
    atDefault: true,
    drive: (amount, limit) =>
      withAcceptor({ headerCount: limit }, async ({ port }) => {
        const usual = upgradeRequest().split('\r\n').length - 3;
        const more = Object.fromEntries(times(amount - usual, (n) => [`x-${n}`, 'v']));
        return upgradeAll(port, 1, { headers: more });
      }),
  },
  headersMs: unfinished((headersMs) => ({ headersMs, httpCheckMs: 10 }), 40),
  requestMs: unfinished((requestMs) => ({ requestMs, httpCheckMs: 10 }), 40),
  httpCheckMs: unfinished((httpCheckMs) => ({ headersMs: 1, httpCheckMs }), 40),
  subprotocols: {
    drive: (amount, limit) =>
      withAcceptor({ subprotocols: limit }, ({ port }) => {
        const names = ['trunkline.v1.superjson', ...times(amount - 1, (n) => `other${n}`)];
        return upgradeAll(port, 1, { headers: { 'sec-websocket-protocol': names.join(', ') } });
      }),
  },
  subprotocolBytes: {
    drive: (amount, limit) =>
      withAcceptor({ subprotocolBytes: limit }, ({ port }) => {
        const names = 'trunkline.v1.superjson, '.padEnd(amount, 'x');
        return upgradeAll(port, 1, { headers: { 'sec-websocket-protocol': names } });
      }),
  },
  fragments: {
    drive: (amount, limit) =>
      withAcceptor({ fragments: limit }, async (rig) => {
        const { peer } = await ask(rig.port, upgradeRequest());
        peer.send({ first: 0x02 });
        for (let n = 2; n < amount; n++) peer.send({ first: 0x00 });
        peer.send({ first: 0x80 });
        return batchOrClose(rig, peer);
      }),
  },
  bufferedChunks: {
    value: 5,
    atDefault: true,
    drive: (amount, limit) =>
      withServerSocket({ bufferedChunks: limit }, async (rig, peer, socket) => {
        const frame = encodeRawFrame({
          first: 0x82,
          payload: new Uint8Array(2_000),
          mask: [0, 0, 0, 0],
        });
        const payload = frame.length - 2_000;
        // As if each byte had come alone, which a network does not promise.
        socket.emit('data', frame.subarray(0, payload));
        for (let n = 1; n < amount; n++) socket.emit('data', frame.subarray(payload, payload + 1));
        socket.emit('data', new Uint8Array(2_000 - amount + 1));
        return batchOrClose(rig, peer);
      }),
  },
  unfinishedMs: {
    isReached: true,
    drive: (amount, limit) =>
      withAcceptor({ unfinishedMs: limit }, async (rig) => {
        const { peer } = await ask(rig.port, upgradeRequest());
        const { runtime } = rig.rig;
        const frame = encodeRawFrame({ ...EMPTY, payload: new Uint8Array(9), mask: [0, 0, 0, 0] });
        peer.socket.write(frame.subarray(0, 8));
        while (runtime.timers === 0) await runtime.settle();
        await runtime.advance(amount);
        peer.socket.write(frame.subarray(8));
        return batchOrClose(rig, peer);
      }),
  },
  controlFrames: {
    drive: (amount, limit) =>
      withAcceptor({ controlFrames: limit }, async (rig) => {
        const { peer } = await ask(rig.port, upgradeRequest());
        for (let n = 0; n < amount; n++) peer.send(PING);
        peer.send(EMPTY);
        return batchOrClose(rig, peer);
      }),
  },
  pendingPongs: {
    drive: (amount, limit) =>
      withAcceptor({ controlFrames: 100, pendingPongs: limit }, async ({ rig, port }) => {
        const { peer } = await ask(port, upgradeRequest());
        const { connection } = rig;
        const { transport } = connection;
        peer.socket.pause();
        while (transport.bufferedBytes < 1_000_000) transport.write([new Uint8Array(65_536)]);
        await rig.runtime.settle();
        const before = transport.bufferedBytes;
        for (let n = 0; n < amount; n++) peer.send(PING);
        peer.send(EMPTY);
        await rig.until(() => connection.batches.length === 1);
        const pongs = (transport.bufferedBytes - before) / 3;
        peer.socket.destroy();
        return pongs === amount ? 'works' : HELD;
      }),
  },
};

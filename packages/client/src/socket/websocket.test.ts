import {
  systemRuntime,
  WIRE_DEFAULTS,
  type Closed,
  type Dial,
  type DialSink,
} from '@trunkline/protocol';
import { createHash } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { ChatClient } from '../../tests/chat-service.js';
import { SocketServer, type SocketServerOptions } from '../../tests/socket-server.js';
import { connect } from '../index.js';
import { createDial as createBrowserDial } from './websocket-browser.js';
import { createDial as createNodeDial } from './websocket-node.js';

const OFFERED = ['trunkline.v1.superjson', 'trunkline'];

// The package ws has the interface of a browser's WebSocket too.
beforeAll(() => void Object.assign(globalThis, { WebSocket: NodeWebSocket }));
afterAll(() => void Reflect.deleteProperty(globalThis, 'WebSocket'));

async function startServer(options?: SocketServerOptions): Promise<[SocketServer, string]> {
  const server = new SocketServer(options);
  onTestFinished(() => server.close());
  return [server, await server.listen()];
}

/** A sink whose events can be awaited. */
class RecordingSink implements DialSink {
  readonly batches: Uint8Array[] = [];
  readonly events: string[] = [];
  readonly opening: Promise<string>;
  readonly ending: Promise<Closed>;
  readonly text: Promise<void>;
  readonly room: Promise<void>;
  opened!: (subprotocol: string) => void;
  closed!: (closed: Closed) => void;
  receiveText!: () => void;
  writable!: () => void;

  constructor() {
    this.opening = new Promise((resolve) => (this.opened = this.#noting('opened', resolve)));
    this.ending = new Promise((resolve) => (this.closed = this.#noting('closed', resolve)));
    this.text = new Promise((resolve) => (this.receiveText = this.#noting('text', resolve)));
    this.room = new Promise((resolve) => (this.writable = this.#noting('writable', resolve)));
  }

  receive(batch: Uint8Array): void {
    this.batches.push(batch.slice());
  }

  #noting<Value>(event: string, resolve: (value: Value) => void): (value: Value) => void {
    return (value) => {
      this.events.push(event);
      resolve(value);
    };
  }
}

describe.each<[string, Dial]>([
  ['node', createNodeDial(systemRuntime)],
  ['browser', createBrowserDial(systemRuntime)],
])('the WebSocket transport for %s', (_, dial) => {
  function open(url: string) {
    const sink = new RecordingSink();
    const transport = dial(url, OFFERED, sink);
    onTestFinished(() => transport.abort());
    expect(sink.events).toEqual([]);
    return { sink, transport };
  }

  test('carries calls', async () => {
    const [server, url] = await startServer({
      connected: (connection) => {
        const receive = connection.receive.bind(connection);
        connection.receive = (bytes) => {
          receive(bytes);
          for (const { id } of connection.all('CALL').slice(-1)) connection.result(id, new Date(7));
        };
      },
    });
    const client = connect(url, { services: { chat: ChatClient }, dial });
    onTestFinished(() => client.close());
    await expect(client.chat.post({ text: 'hello' })).resolves.toEqual(new Date(7));
    expect(server.connections[0]?.subprotocol).toBe('trunkline.v1.packed');
  });

  test('tells the subprotocol, carries batches both ways, and ends with the code', async () => {
    const sent: Uint8Array[] = [];
    const [, url] = await startServer({
      connected: (_connection, socket) => {
        socket.removeAllListeners('message');
        socket.on('message', (data: Buffer) => {
          sent.push(new Uint8Array(data));
          socket.send(Uint8Array.from([7, 8, 9]));
          socket.close(4503, '2500');
        });
      },
    });
    const { sink, transport } = open(url);
    await expect(sink.opening).resolves.toBe('trunkline.v1.superjson');
    transport.write([Uint8Array.from([1, 2])]);
    await expect(sink.ending).resolves.toEqual({ code: 4503, reason: '2500' });
    expect(sent).toEqual([Uint8Array.from([1, 2])]);
    expect(sink.batches).toEqual([Uint8Array.from([7, 8, 9])]);
    expect(sink.events).toEqual(['opened', 'closed']);
  });

  test('gives plain byte arrays, so that a copy is a copy', async () => {
    const [, url] = await startServer({
      connected: (_connection, socket) => socket.send(Uint8Array.from([1, 2])),
    });
    const constructors: unknown[] = [];
    const sink = new RecordingSink();
    const received = new Promise<void>((resolve) => {
      sink.receive = (batch) => {
        constructors.push(batch.constructor);
        resolve();
      };
    });
    const transport = dial(url, OFFERED, sink);
    onTestFinished(() => transport.abort());
    await received;
    expect(constructors).toEqual([Uint8Array]);
  });

  test('tells of a text message', async () => {
    const [, url] = await startServer({
      connected: (_connection, socket) => socket.send('hello'),
    });
    const { sink } = open(url);
    await sink.text;
    expect(sink.batches).toEqual([]);
  });

  test.each(['DONE', 'PROTOCOL', 'TOO_BIG'] as const)('closes with %s', async (code) => {
    const [server, url] = await startServer();
    const { sink, transport } = open(url);
    await sink.opening;
    transport.close({ code, reason: 'why' });
    transport.close({ code, reason: 'why' });
    await sink.ending;
    expect(sink.events).toEqual(['opened', 'closed']);
    expect(server.connections[0]?.closedWith).toBeDefined();
  });

  test('tells of a cut when it is ended at once', async () => {
    const [, url] = await startServer();
    const { sink, transport } = open(url);
    await sink.opening;
    transport.abort();
    transport.abort();
    await expect(sink.ending).resolves.toMatchObject({ code: 1006 });
    transport.write([Uint8Array.from([1])]);
    transport.close({ code: 'DONE', reason: '' });
    expect(sink.events).toEqual(['opened', 'closed']);
  });

  test('may be ended before it has opened', async () => {
    const [, url] = await startServer();
    const { sink, transport } = open(url);
    transport.abort();
    await expect(sink.ending).resolves.toMatchObject({ code: 1006 });
    expect(sink.events).toEqual(['closed']);
  });

  test('tells of a server that is not there', async () => {
    const { sink } = open(`ws://127.0.0.1:${await freePort()}`);
    await expect(sink.ending).resolves.toMatchObject({ code: 1006 });
    expect(sink.events).toEqual(['closed']);
  });

  test('tells of an upgrade that was refused', async () => {
    const [, url] = await startServer({ refuseWith: 403 });
    const { sink } = open(url);
    await expect(sink.ending).resolves.toMatchObject({ code: 1006 });
    expect(sink.events).toEqual(['closed']);
  });

  test('tells of an address that no socket can be made for', async () => {
    const { sink, transport } = open('nonsense');
    await expect(sink.ending).resolves.toMatchObject({ code: 1006 });
    transport.write([Uint8Array.from([1])]);
    expect(transport.bufferedBytes).toBe(0);
    expect(sink.events).toEqual(['closed']);
  });

  test('says what is buffered, and when there is room again', async () => {
    const [, url] = await startServer({
      connected: (_connection, socket) => {
        socket.removeAllListeners('message');
        socket.pause();
        socket.on('close', () => {});
        resumeLater = () => socket.resume();
      },
    });
    const { sink, transport } = open(url);
    await sink.opening;
    const batch = new Uint8Array(250_000);
    // The kernel takes megabytes before anything is buffered here.
    for (let count = 0; transport.bufferedBytes < 1_000_000 && count < 500; count++) {
      transport.write([batch]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(transport.bufferedBytes).toBeGreaterThan(WIRE_DEFAULTS.writeAheadBytes);
    expect(sink.events).not.toContain('closed');
    resumeLater();
    await sink.room;
    expect(transport.bufferedBytes).toBeLessThan(WIRE_DEFAULTS.writeAheadBytes);
  });
});

let resumeLater: () => void = () => {};

describe('the WebSocket transport of Node', () => {
  const dial = createNodeDial(systemRuntime);

  test('says which HTTP status refused the upgrade', async () => {
    const [, url] = await startServer({ refuseWith: 503 });
    const client = connect(url, { services: { chat: ChatClient }, dial });
    onTestFinished(() => client.close());
    const reason = await new Promise((resolve) => {
      client.connection.watch((state) => {
        if (state.status === 'waiting') resolve(state.reason);
      });
    });
    expect(reason).toBe('the connection could not be opened (1006: the server answered HTTP 503)');
  });

  test.each<[string, string]>([
    ['another subprotocol than was offered', 'Sec-WebSocket-Protocol: graphql-ws\r\n'],
    ['no subprotocol', ''],
  ])('ends for good where the server answers %s', async (_, header) => {
    const http = createHttpServer();
    http.on('upgrade', ({ headers }, socket) => {
      const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n';
      socket.on('error', () => {});
      onTestFinished(() => void socket.destroy());
      socket.write(
        `${upgrade}Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${header}\r\n`,
      );
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void http.close());
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const client = connect(url, { services: { chat: ChatClient }, dial });
    onTestFinished(() => client.close());
    await expect(client.connection.live()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(client.connection.state).toMatchObject({
      status: 'closed',
      reason: 'no version is spoken by both (4406: subprotocol not offered)',
    });
  });

  test('says why nothing could be reached', async () => {
    const sink = new RecordingSink();
    dial(`ws://127.0.0.1:${await freePort()}`, OFFERED, sink);
    expect((await sink.ending).reason).toContain('ECONNREFUSED');
  });

  test('neither offers compression nor takes a message over the limit', async () => {
    const [server, url] = await startServer({
      connected: (_connection, socket) => socket.send(new Uint8Array(262_145)),
    });
    const sink = new RecordingSink();
    const transport = dial(url, OFFERED, sink);
    onTestFinished(() => transport.abort());
    await sink.ending;
    expect(sink.batches).toEqual([]);
    expect(server.requests[0]?.headers['sec-websocket-extensions']).toBeUndefined();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

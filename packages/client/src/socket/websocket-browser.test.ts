import { VirtualRuntime } from '@trunkline/protocol/testing';
import type { Closed } from '@trunkline/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDial } from './websocket-browser.js';

/** A socket as platforms make it, whose events a test fires. */
class FakeWebSocket {
  static latest: FakeWebSocket;
  static failure: Error | undefined;
  readonly CONNECTING = 0;
  readyState = 0;
  protocol = '';
  bufferedAmount = 0;
  binaryType = 'blob';
  readonly sent: Uint8Array[] = [];
  readonly closes: unknown[][] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    if (FakeWebSocket.failure !== undefined) throw FakeWebSocket.failure;
    FakeWebSocket.latest = this;
  }

  send(batch: Uint8Array): void {
    this.sent.push(batch);
    this.bufferedAmount += batch.length;
  }

  close(...args: unknown[]): void {
    this.closes.push(args);
  }
}

beforeEach(() => {
  Object.assign(globalThis, { WebSocket: FakeWebSocket });
  FakeWebSocket.failure = undefined;
});
afterEach(() => void Reflect.deleteProperty(globalThis, 'WebSocket'));

function open() {
  const runtime = new VirtualRuntime();
  const events: unknown[] = [];
  const transport = createDial(runtime)('wss://x', ['a', 'b'], {
    opened: (name) => events.push(['opened', name]),
    receive: (batch) => events.push(batch),
    receiveText: () => events.push('text'),
    writable: () => events.push('writable'),
    closed: (closed: Closed) => events.push(closed),
  });
  return { runtime, events, transport, socket: FakeWebSocket.latest };
}

test('asks for array buffers and offers the subprotocols', () => {
  const { socket } = open();
  expect(socket.binaryType).toBe('arraybuffer');
  expect(socket.protocols).toEqual(['a', 'b']);
});

test('takes an error while connecting for the end, where no close follows', () => {
  const { events, socket } = open();
  socket.onerror?.();
  expect(events).toEqual([{ code: 1006, reason: '' }]);
});

test('tells of one end, where a close does follow', () => {
  const { events, socket } = open();
  const { onclose } = socket;
  socket.onerror?.();
  onclose?.({ code: 1006, reason: '' });
  expect(events).toHaveLength(1);
});

test('waits for the close after an error of an open socket', () => {
  const { events, socket } = open();
  socket.readyState = 1;
  socket.onopen?.();
  socket.onerror?.();
  socket.onclose?.({ code: 1002, reason: 'bad frame' });
  expect(events).toEqual([['opened', ''], { code: 1002, reason: 'bad frame' }]);
});

test('takes the code 0 for a cut', () => {
  const { events, socket } = open();
  socket.onclose?.({ code: 0, reason: '' });
  expect(events).toEqual([{ code: 1006, reason: '' }]);
});

test('tells of a socket that may not be made', async () => {
  FakeWebSocket.failure = new Error('insecure');
  const { runtime, events, transport } = open();
  expect(events).toEqual([]);
  await runtime.settle();
  expect(events).toEqual([{ code: 1006, reason: 'Error: insecure' }]);
  transport.close({ code: 'DONE', reason: '' });
});

test('closes with the codes that a page may use, and without one else', () => {
  const { transport, socket } = open();
  transport.close({ code: 'PROTOCOL', reason: 'text message' });
  transport.close({ code: 'DONE', reason: '' });
  transport.close({ code: 'TOO_BIG', reason: 'batch too big' });
  expect(socket.closes).toEqual([[4400, 'text message'], [1000, ''], []]);
});

test('ends at once although the socket takes its time', async () => {
  const { runtime, events, transport, socket } = open();
  transport.abort();
  expect(events).toEqual([]);
  await runtime.settle();
  expect(events).toEqual([{ code: 1006, reason: '' }]);
  expect(socket.closes).toEqual([[]]);
  expect([socket.onopen, socket.onmessage, socket.onclose]).toEqual([null, null, null]);
  transport.write([new Uint8Array(1)]);
  expect(socket.sent).toEqual([]);
});

test('looks for room while too much is buffered, and no longer', async () => {
  const { runtime, events, transport, socket } = open();
  transport.write([new Uint8Array(200_000)]);
  expect(runtime.timers).toBe(0);
  transport.write([new Uint8Array(200_000)]);
  transport.write([new Uint8Array(200_000)]);
  expect(runtime.timers).toBe(1);
  await runtime.advance(100);
  expect(events).toEqual([]);
  socket.bufferedAmount = 1_000;
  await runtime.advance(10);
  expect(events).toEqual(['writable']);
  expect(runtime.timers).toBe(0);
});

test('leaves no timer when it ends', async () => {
  const { runtime, transport, socket } = open();
  transport.write([new Uint8Array(300_000)]);
  socket.onclose?.({ code: 1001, reason: '' });
  expect(runtime.timers).toBe(0);
});

test('gives up a socket that does not end although it was closed', async () => {
  const { runtime, events, transport, socket } = open();
  transport.close({ code: 'PAUSED', reason: '' });
  transport.close({ code: 'PAUSED', reason: '' });
  expect(runtime.timers).toBe(1);
  await runtime.advance(4_999);
  expect(events).toEqual([]);
  await runtime.advance(1);
  expect(events).toEqual([{ code: 1006, reason: '' }]);
  expect([socket.onopen, socket.onmessage, socket.onclose]).toEqual([null, null, null]);
});

test('leaves no timer behind when a socket that was closed ends', () => {
  const { runtime, transport, socket } = open();
  transport.close({ code: 'PAUSED', reason: '' });
  socket.onclose?.({ code: 4412, reason: '' });
  transport.close({ code: 'PAUSED', reason: '' });
  expect(runtime.timers).toBe(0);
});

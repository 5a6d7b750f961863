import { createServer, implement, MemoryBroker } from '@trunkline/server';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, get, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { constants, createDeflateRaw } from 'node:zlib';
import type { Tick } from '../generated/ticker.client.js';
import { TickerTopics } from '../generated/ticker.server.js';
import { readTrunkline } from '../readers/trunkline.js';
import { ticker } from '../ticker.contract.js';
import { timingOf } from '../timing.js';
import { serve } from './served.js';
import type { OpenWay } from './way.js';

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 0x81;
/** A text whose bytes are compressed. */
const COMPRESSED_TEXT = 0xc1;
const HEADER_BYTES = 2;
/** What a sync flush ends with, and a compressed message leaves out. */
const FLUSH_BYTES = 4;

/** Opens a bare WebSocket on which each tick is a message of JSON, compressed or not. */
export async function openWebSocket(isCompressed: boolean): Promise<OpenWay> {
  const http = createHttpServer();
  const upgraded = once(http, 'upgrade') as Promise<[IncomingMessage, Duplex]>;
  const served = await serve(http);
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dHJ1bmtsaW5lIHRpY2tlcg==',
  };
  const request = get({ host: '127.0.0.1', port: served.port, headers });
  const accepted = once(request, 'upgrade') as Promise<[IncomingMessage, Duplex]>;
  const [{ headers: asked }, near] = await upgraded;
  near.write(acceptanceOf(asked['sec-websocket-key'] ?? ''));
  const [, far] = await accepted;
  // The network is closed before it.
  far.on('error', () => undefined);
  const frameOf = isCompressed ? createCompressedFrames() : createFrame;
  return {
    carried: served.carried,
    deliver: async (tick) => {
      const frame = await frameOf(JSON.stringify(tick));
      near.write(frame);
      for (let left = frame.length; left > 0;) {
        const [bytes] = (await once(far, 'data')) as [Buffer];
        left -= bytes.length;
      }
    },
    close: async () => {
      far.destroy();
      await served.close();
    },
  };
}

/** Opens a Trunkline client that subscribes to the ticks. */
export async function openTrunkline(): Promise<OpenWay> {
  const broker = new MemoryBroker();
  const { ticks } = new TickerTopics(broker);
  const server = createServer({ anonymous: true, broker, services: [implement(ticker, {})] });
  const http = createHttpServer();
  Object.assign(http, { maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 15_000 });
  server.mount(http, { path: '/ticks/trunkline' });
  const served = await serve(http);
  let read: (tick: Tick) => void = () => undefined;
  let stop: () => void = () => undefined;
  await new Promise<void>((opened) => {
    stop = readTrunkline({
      base: `http://127.0.0.1:${served.port}`,
      run: 'abcdef',
      after: undefined,
      timing: timingOf(250),
      read: (tick) => read(tick),
      opened,
    });
  });
  return {
    carried: served.carried,
    deliver: async (tick) => {
      const isRead = new Promise<Tick>((resolve) => (read = resolve));
      await ticks().publish(tick);
      await isRead;
    },
    close: async () => {
      stop();
      await server.close();
      await broker.close();
      await served.close();
    },
  };
}

function acceptanceOf(key: string): string {
  const accept = createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`).digest('base64');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Makes a frame of a short text, as a server sends it. */
function createFrame(text: string): Buffer {
  return Buffer.concat([Buffer.of(TEXT, text.length), Buffer.from(text)]);
}

/** Makes frames that are compressed with what was sent before in mind, as browsers ask for. */
function createCompressedFrames(): (text: string) => Promise<Buffer> {
  const deflate = createDeflateRaw();
  return async (text) => {
    deflate.write(text);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    const packed = (deflate.read() as Buffer).subarray(0, -FLUSH_BYTES);
    const frame = Buffer.alloc(HEADER_BYTES, Buffer.of(COMPRESSED_TEXT, packed.length));
    return Buffer.concat([frame, packed]);
  };
}

import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { Readable } from 'node:stream';
import { constants, createGunzip, createGzip } from 'node:zlib';
import type { Tick } from '../generated/ticker.client.js';
import { createAsker, type HttpVersion } from './asker.js';
import { serve } from './served.js';
import type { OpenWay } from './way.js';

const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };
const EVENTS_TYPE = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };

/** Opens a way on which each tick is the answer to a request. */
export async function openPolls(version: HttpVersion): Promise<OpenWay> {
  let newest: Tick | undefined;
  const served = await serve(
    createServerOf(version, (_request, response) => {
      response.writeHead(200, JSON_TYPE).end(JSON.stringify([newest]));
    }),
  );
  const asker = createAsker(version, served.port);
  return {
    carried: served.carried,
    deliver: async (tick) => {
      newest = tick;
      const path = `/ticks/long?after=${tick.number - 1}&run=abcdef`;
      for await (const _ of await asker.ask(path, '*/*'));
    },
    close: async () => {
      asker.close();
      await served.close();
    },
  };
}

/** Opens a way on which ticks are events of one answer, compressed or not. */
export async function openEvents(version: HttpVersion, isCompressed: boolean): Promise<OpenWay> {
  let write: ((text: string) => void) | undefined;
  const served = await serve(
    createServerOf(version, (_request, response) => {
      write = isCompressed ? startCompressed(response) : startPlain(response);
      write('retry: 500\n\n');
    }),
  );
  const asker = createAsker(version, served.port);
  const body = await asker.ask('/ticks/events?run=abcdef', 'text/event-stream');
  const reader = new EventReader(isCompressed ? body.pipe(createGunzip()) : body);
  return {
    carried: served.carried,
    deliver: async (tick) => {
      const read = reader.next();
      write?.(`id: ${tick.number}\ndata: ${JSON.stringify(tick)}\n\n`);
      await read;
    },
    close: async () => {
      asker.close();
      await served.close();
    },
  };
}

function createServerOf(version: HttpVersion, listener: RequestListener): Server | Http2Server {
  if (version === 'HTTP/1.1') return createServer(listener);
  // Its requests and answers can do what those of HTTP/1.1 can.
  return createHttp2Server(listener as unknown as Parameters<typeof createHttp2Server>[1]);
}

function startPlain(response: ServerResponse): (text: string) => void {
  response.writeHead(200, EVENTS_TYPE);
  return (text) => void response.write(text);
}

function startCompressed(response: ServerResponse): (text: string) => void {
  response.writeHead(200, { ...EVENTS_TYPE, 'content-encoding': 'gzip' });
  const gzip = createGzip();
  gzip.pipe(response);
  return (text) => {
    gzip.write(text);
    // Sent at once, and what was said before is still known.
    gzip.flush(constants.Z_SYNC_FLUSH);
  };
}

/** Tells when a further event with data is there as a whole. */
class EventReader {
  #text = '';
  #resolve: (() => void) | undefined;

  constructor(body: Readable) {
    // The other end is destroyed while it still reads.
    body.on('error', () => undefined);
    body.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString();
      if (!/\ndata: .*\n\n$/.test(this.#text)) return;
      this.#text = '';
      this.#resolve?.();
    });
  }

  next(): Promise<void> {
    return new Promise((resolve) => (this.#resolve = resolve));
  }
}

import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, implement, MemoryBroker, type Server } from '@trunkline/server';
import type { Tick } from '../generated/ticker.client.js';
import { TickerTopics } from '../generated/ticker.server.js';
import { ticker } from '../ticker.contract.js';
import type { Timing } from '../timing.js';
import type { AnswerPage } from './page-answer.js';
import { requestAddress } from './request-address.js';
import { answerEvents, answerFrame, answerLongPoll, answerPoll } from './tick-answers.js';
import { OpenSockets } from './open-sockets.js';
import { TickLog } from './tick-log.js';
import { Ticker } from './ticker.js';
import { TrafficMeter } from './traffic-meter.js';

/** What a ticker server is made from. */
export interface TickerServerOptions {
  readonly timing: Timing;
  /** Answers what is not about ticks. */
  readonly answerPage: AnswerPage;
  /** Told of each tick that was made. */
  readonly made: (tick: Tick) => void;
  /** Asked to cut the network in front of the server. */
  readonly cut: () => void;
}

/** What an answer takes to its reader. */
const ANSWER_MS = 20;
/** Where Trunkline is; every other transport has its path beside it. */
const TRUNKLINE_PATH = '/ticks/trunkline';

/** One source of ticks, given away over all six transports on one port. */
export class TickerServer {
  readonly #options: TickerServerOptions;
  readonly #log = new TickLog();
  readonly #meter = new TrafficMeter();
  readonly #ticker: Ticker;
  readonly #http: HttpServer;
  readonly #sockets: OpenSockets;
  readonly #broker = new MemoryBroker();
  readonly #trunkline: Server;
  /** Until when it is late, or has just been. */
  #lateUntil = 0;

  constructor(options: TickerServerOptions) {
    this.#options = options;
    const { ticks } = new TickerTopics(this.#broker);
    this.#ticker = new Ticker(options.timing, (tick) => {
      this.#log.add(tick);
      ticks().publish(tick).catch(reportError);
      options.made(tick);
    });
    this.#http = createHttpServer((request, response) => this.#answer(request, response));
    Object.assign(this.#http, {
      maxHeadersCount: 100,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
    });
    this.#sockets = new OpenSockets(this.#http);
    this.#meter.watch(this.#http);
    // The meter listens for upgrades too, so Trunkline leaves those of other paths to others.
    this.#http.on('upgrade', refuseOtherUpgrade);
    const services = [implement(ticker, {})];
    this.#trunkline = createServer({ anonymous: true, broker: this.#broker, services });
    this.#trunkline.mount(this.#http, { path: TRUNKLINE_PATH });
  }

  /** Listens on a free port of this machine, and gives it. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return (this.#http.address() as AddressInfo).port;
  }

  /** Makes the first tick, and those after it. */
  start(): void {
    this.#ticker.start();
  }

  /** Does nothing at all for a while, as a server does that computes; then it catches up. */
  beLate(): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.#options.timing.lateMs);
  }

  async close(): Promise<void> {
    this.#ticker.stop();
    await this.#trunkline.close();
    await this.#broker.close();
    const closed = new Promise((resolve) => this.#http.close(resolve));
    this.#sockets.destroy();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = requestAddress(request);
    const isDisturbance = pathname === '/late' || pathname === '/cut';
    const allowed = isDisturbance ? ['POST'] : ['GET', 'HEAD'];
    if (!allowed.includes(request.method ?? '')) {
      return answerJson(
        response.setHeader('allow', allowed.join(', ')),
        { error: `method "${request.method}" is not valid: expected ${allowed.join(' or ')}` },
        405,
      );
    }
    if (isDisturbance) return this.#disturb(request, response);
    if (pathname.startsWith('/ticks/')) return this.#answerTicks(request, response);
    if (pathname === '/costs') {
      return answerJson(response, this.#meter.costs(searchParams.get('run') ?? ''));
    }
    this.#options.answerPage(request, response);
  }

  #answerTicks(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = requestAddress(request);
    const given = searchParams.get('after');
    if (given !== null && !/^\d{1,15}$/.test(given)) {
      const error = `parameter "after" is "${given}": expected the number of a tick`;
      return answerJson(response, { error }, 400);
    }
    const after = given === null ? undefined : Number(given);
    const exchange = { request, response, log: this.#log, after };
    switch (pathname) {
      case '/ticks/interval':
      case '/ticks/chained':
        return answerPoll(exchange);
      case '/ticks/long':
        return answerLongPoll(exchange);
      case '/ticks/frame':
        return answerFrame(exchange);
      case '/ticks/events':
        return answerEvents(exchange, this.#options.timing.retryMs);
      default:
        answerJson(response, { error: `nothing is served at "${pathname}"` }, 404);
    }
  }

  /** Tells from which tick on the reader may see something, and then has it happen. */
  #disturb(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers;
    if (!isOwnPage(request)) {
      const error = `origin "${origin}" is not allowed: only the page of this server may disturb it`;
      return answerJson(response, { error }, 403);
    }
    const from = (this.#log.newest?.number ?? 0) + 1;
    const act = requestAddress(request).pathname === '/late' ? this.#startLate : this.#options.cut;
    // The answer must not be lost or late itself.
    response.once('close', () => void setTimeout(act, ANSWER_MS));
    answerJson(response, { from });
  }

  /** Requests that come while it is late are read afterwards, and must not make it late again. */
  readonly #startLate = (): void => {
    const now = performance.now();
    if (now < this.#lateUntil) return;
    this.#lateUntil = now + 1.5 * this.#options.timing.lateMs;
    this.beLate();
  };
}

/** Tells whether a request is from no page at all, or from one of this server. */
function isOwnPage({ headers: { origin, host } }: IncomingMessage): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function refuseOtherUpgrade({ url = '/' }: IncomingMessage, socket: Duplex): void {
  // Compared as Trunkline does, or there would be one that nobody takes.
  if (url.split('?', 1)[0] === TRUNKLINE_PATH) return;
  const answer = 'HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';
  socket.end(answer, () => socket.destroy());
}

function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(value));
}

function reportError(error: unknown): void {
  process.stderr.write(`could not publish: ${String(error)}\n`);
}

import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, implement, MemoryBroker, type Server } from '@trunkline/server';
import type { Tick } from '../generated/ticker.client.js';
import { TickerTopics } from '../generated/ticker.server.js';
import { ticker } from '../ticker.contract.js';
import type { Timing } from '../timing.js';
import type { AnswerPage } from './page-answer.js';
import { requestAddress } from './request-address.js';
import { answerEvents, answerFrame, answerLongPoll, answerPoll } from './tick-answers.js';
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

/** One source of ticks, given away over all six transports on one port. */
export class TickerServer {
  readonly #options: TickerServerOptions;
  readonly #log = new TickLog();
  readonly #meter = new TrafficMeter();
  readonly #ticker: Ticker;
  readonly #http: HttpServer;
  readonly #broker = new MemoryBroker();
  readonly #trunkline: Server;

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
    this.#meter.watch(this.#http);
    const services = [implement(ticker, {})];
    this.#trunkline = createServer({ anonymous: true, broker: this.#broker, services });
    this.#trunkline.mount(this.#http, { path: '/ticks/trunkline' });
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
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = requestAddress(request);
    if (pathname.startsWith('/ticks/')) return this.#answerTicks(request, response);
    if (pathname === '/costs') {
      return answerJson(response, this.#meter.costs(searchParams.get('run') ?? ''));
    }
    if (request.method === 'POST') return this.#disturb(pathname, response);
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
  #disturb(pathname: string, response: ServerResponse): void {
    const from = (this.#log.newest?.number ?? 0) + 1;
    const act = { '/late': () => this.beLate(), '/cut': () => this.#options.cut() }[pathname];
    if (act === undefined) {
      return answerJson(response, { error: `nothing is served at "${pathname}"` }, 404);
    }
    // The answer must not be lost or late itself.
    response.once('close', () => void setTimeout(act, ANSWER_MS));
    answerJson(response, { from });
  }
}

function answerJson(response: ServerResponse, value: unknown, status = 200): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(value));
}

function reportError(error: unknown): void {
  process.stderr.write(`could not publish: ${String(error)}\n`);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tick } from '../generated/ticker.client.js';
import type { TickLog } from './tick-log.js';

/** An exchange about ticks. */
export interface TickRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly log: TickLog;
  /** The last tick that the reader has. */
  readonly after: number | undefined;
}

/** Below the 30 to 60 s after which proxies give up. */
const LONG_POLL_MS = 25_000;
const KEEP_ALIVE_MS = 15_000;

const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** Answers at once with all that the reader has not. */
export function answerPoll({ response, log, after }: TickRequest): void {
  response.writeHead(200, JSON_TYPE).end(JSON.stringify(log.after(after)));
}

/** Answers as soon as there is something that the reader has not. */
export function answerLongPoll({ response, log, after }: TickRequest): void {
  const answer = (): void => {
    leave();
    response.writeHead(200, JSON_TYPE).end(JSON.stringify(log.after(after)));
  };
  let isAnswering = false;
  const answerSoon = (): void => {
    if (isAnswering) return;
    isAnswering = true;
    // What comes in the same turn goes with the same answer.
    setImmediate(() => void (response.destroyed || answer()));
  };
  const leaveLog = log.listen(answerSoon);
  const timer = setTimeout(answer, LONG_POLL_MS);
  const leave = (): void => {
    leaveLog();
    clearTimeout(timer);
  };
  response.once('close', leave);
  if (log.after(after).length > 0) answerSoon();
}

/** Answers with events, whose ids let a browser ask for what it has missed. */
export function answerEvents(exchange: TickRequest, retryMs: number): void {
  const lastId = exchange.request.headers['last-event-id'];
  exchange.response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
  });
  exchange.response.write(`retry: ${retryMs}\n\n`);
  writeOn(
    { ...exchange, after: lastId === undefined ? exchange.after : Number(lastId) },
    { write: (tick) => `id: ${tick.number}\ndata: ${JSON.stringify(tick)}\n\n`, nothing: ':\n\n' },
  );
}

/** Answers with a document that does not end: each tick is a paragraph. */
export function answerFrame(exchange: TickRequest): void {
  exchange.response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'self'",
  });
  exchange.response.write('<!doctype html><html lang="en"><title>Ticks</title>\n');
  // An attribute is there whole or not at all; a text may be read when half of it has come.
  const write = (tick: Tick): string => `<p data-tick='${JSON.stringify(tick)}'></p>\n`;
  writeOn(exchange, { write, nothing: '<!---->\n' });
}

/** Writes what the reader has missed, then every tick as it comes. */
function writeOn(
  { response, log, after }: TickRequest,
  { write, nothing }: { write: (tick: Tick) => string; nothing: string },
): void {
  const send = (tick: Tick): void => void response.write(write(tick));
  if (after !== undefined) log.after(after).forEach(send);
  const leave = log.listen(send);
  // Without it a proxy cuts what is silent.
  const timer = setInterval(() => response.write(nothing), KEEP_ALIVE_MS);
  response.once('close', () => {
    leave();
    clearInterval(timer);
  });
}

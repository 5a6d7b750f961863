import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import {
  decodeBatch,
  encodeBatch,
  SPOKEN,
  SUBPROTOCOLS,
  Violation,
  Writer,
  type Message,
  type WelcomeMessage,
} from '@trunkline/protocol';
import { dialWebSocket, type WebSocket } from '../websocket.js';
import { PATIENCE_MS, within, type Target } from './target.js';

const AGENT = 'trunkline doctor';

/** Messages that are noted of a connection: a server that says more than this says nothing new. */
const MAX_HEARD = 10_000;
/** A server that asks for more answers than wait here reads none of them. */
const MAX_WAITING_BYTES = 65_536;

/** How a connection ended. */
export interface ProbeEnd {
  readonly code: number;
  readonly reason: string;
  /** By the clock of the runtime. */
  readonly at: number;
}

/** An upgrade that was answered by something else than a WebSocket. */
export interface Refused {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What came of an upgrade. */
export type Opening =
  | { readonly outcome: 'open'; readonly probe: Probe }
  | { readonly outcome: 'refused'; readonly refused: Refused }
  | { readonly outcome: 'failed'; readonly error: Error };

/** A message that was received, and when. */
export interface Heard {
  readonly message: { readonly kind: string; readonly value?: number };
  readonly at: number;
}

/** One connection that does what a check asks for, and notes what comes. */
export class Probe {
  readonly headers: IncomingHttpHeaders;
  readonly heard: Heard[] = [];
  /** How it ended; `undefined` while it is open. */
  end: ProbeEnd | undefined;
  readonly ended: Promise<ProbeEnd>;
  /** Whether a PING is answered. */
  answers = true;
  readonly #target: Target;
  readonly #socket: WebSocket;
  readonly #tcp: Socket;
  readonly #writer = new Writer();
  #wake: (() => void)[] = [];
  #pings = 0;

  private constructor(socket: WebSocket, response: IncomingMessage, target: Target) {
    this.#socket = socket;
    this.#tcp = response.socket;
    this.#target = target;
    this.headers = response.headers;
    socket.on('message', (data, isBinary) => this.#socketOnMessage(data as Buffer, isBinary));
    this.ended = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.end = { code, reason: reason.toString(), at: target.runtime.now() };
        resolve(this.end);
        this.#notify();
      });
    });
  }

  /** Opens a connection; what goes wrong is an outcome. */
  static open(target: Target, options: { readonly compress?: boolean } = {}): Promise<Opening> {
    const { url, origin, insecure } = target;
    const socket = dialWebSocket(url.href, [...SPOKEN, SUBPROTOCOLS.any], {
      origin,
      insecure,
      openMs: PATIENCE_MS,
      ...options,
    });
    return new Promise((resolve) => {
      let probe: Probe | undefined;
      socket.on('error', (error) => resolve({ outcome: 'failed', error }));
      socket.once('upgrade', (response) => (probe = new Probe(socket, response, target)));
      socket.once('unexpected-response', (_request, response) => {
        void readRefused(response).then((refused) => {
          resolve({ outcome: 'refused', refused });
          socket.terminate();
        });
      });
      socket.once('open', () => resolve({ outcome: 'open', probe: probe as Probe }));
    });
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  get extensions(): string {
    return this.#socket.extensions;
  }

  /** Sends HELLO; gives WELCOME, or how the connection ended, or nothing in time. */
  async hello(): Promise<WelcomeMessage | ProbeEnd | undefined> {
    const { token, runtime } = this.#target;
    let welcome: WelcomeMessage | undefined;
    this.#onWelcome = (message) => (welcome = message);
    this.send({ kind: 'HELLO', features: 0, agent: AGENT, token, revisions: [] });
    await within(
      runtime,
      PATIENCE_MS,
      this.#until(() => welcome !== undefined),
    );
    return welcome ?? this.end;
  }

  /** Sends a PING; gives the milliseconds until its PONG, or nothing when it does not come. */
  async ping(patienceMs = PATIENCE_MS): Promise<number | undefined> {
    const { runtime } = this.#target;
    const startedAt = runtime.now();
    const value = this.startPing();
    await within(
      runtime,
      patienceMs,
      this.#until(() => this.pongAt(value) !== undefined),
    );
    const at = this.pongAt(value);
    return at === undefined ? undefined : at - startedAt;
  }

  /** Sends a PING, and gives its value. */
  startPing(): number {
    const value = ++this.#pings;
    this.send({ kind: 'PING', value });
    return value;
  }

  /** When the PONG of a value came. */
  pongAt(value: number): number | undefined {
    return this.heard.find(({ message }) => message.kind === 'PONG' && message.value === value)?.at;
  }

  send(message: Message): void {
    this.sendBatch(encodeBatch(this.#writer, {}, [message]));
  }

  sendBatch(batch: Uint8Array): void {
    // What is written to an end is of no interest: the end is told.
    this.#socket.send(batch, () => undefined);
  }

  /** Sends a WebSocket message of text, which closes the connection. */
  sendText(text: string): void {
    this.#socket.send(text, () => undefined);
  }

  /** Gives all that is sent meanwhile to the system in one write. */
  inOneWrite(send: () => void): void {
    this.#tcp.cork();
    send();
    this.#tcp.uncork();
  }

  /** Leaves, and waits for the end. */
  async close(): Promise<void> {
    if (this.end === undefined) this.#socket.close(1000);
    await this.ended;
  }

  #onWelcome: (message: WelcomeMessage) => void = () => undefined;

  #socketOnMessage(bytes: Uint8Array, isBinary: boolean): void {
    const batch = isBinary ? decodeBatch(bytes) : new Violation('TEXT_MESSAGE');
    const at = this.#target.runtime.now();
    const messages = batch instanceof Violation ? [{ kind: batch.name }] : batch.messages;
    for (const message of messages) {
      const { kind, value = 0 } = message as Heard['message'];
      // Not the message, which may be a view of its batch.
      this.heard.push({ message: { kind, value }, at });
      if (message.kind === 'WELCOME') this.#onWelcome(message as WelcomeMessage);
      if (kind !== 'PING' || !this.answers) continue;
      if (this.#socket.bufferedAmount < MAX_WAITING_BYTES) this.send({ kind: 'PONG', value });
    }
    if (this.heard.length > MAX_HEARD) this.heard.splice(0, this.heard.length - MAX_HEARD);
    this.#notify();
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue() && this.end === undefined) {
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const resolve of waiting) resolve();
  }
}

/** Most of an answer that is looked at. */
const MAX_BODY = 2_000;

async function readRefused(response: IncomingMessage): Promise<Refused> {
  let body = '';
  try {
    for await (const piece of response) {
      body += String(piece);
      if (body.length > MAX_BODY) break;
    }
  } catch {
    // What has come is enough.
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: body.trim() };
}

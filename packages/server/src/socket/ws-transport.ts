import type { Socket } from 'node:net';
import {
  CLOSE_CODES,
  Violation,
  type Close,
  type Closed,
  type Runtime,
  type Timer,
  type TransportSink,
} from '@trunkline/protocol';
import type { AcceptedTransport } from './accepted-transport.js';
import type { ServerLimits } from '../limits/limits.js';
import { limitOfClose, ownEnd } from '../observe/limit-of-close.js';
import { beginFrame, frameBytes, joinFrames, encodeHeader } from './frame.js';
import { MessageWatch, type MessageWatchOptions } from './message-watch.js';

/** What is needed of a WebSocket, as the library has it. */
interface WebSocketEnd {
  readonly readyState: number;
  /** Bytes that wait in the library and in the socket. */
  readonly bufferedAmount: number;
  send(data: Uint8Array, written?: (error?: Error | null) => void): void;
  pong(data: Uint8Array, mask: boolean, written: (error?: Error | null) => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** What a transport is made of. */
export interface WsTransportOptions {
  readonly webSocket: WebSocketEnd;
  /** The socket below. Frames are also written to it directly, between those of the WebSocket. */
  readonly socket: Socket;
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly onError: (error: unknown) => void;
  readonly takesPacked: boolean;
  /** What the socket takes of the limits of sockets. */
  readonly place: { authenticated(): void };
}

const OPEN = 1;

/** How long a peer has for its part of the closing handshake. */
const CLOSE_MS = 3_000;

/** The window in which control frames are counted. */
const CONTROL_MS = 10_000;

/** Up to this size, copying frames into one buffer is cheaper than handing over more of them. */
const JOIN_BYTES = 65_536;

const UNFINISHED: Close = { code: 'POLICY', reason: 'message unfinished for too long' };

/** The limits that the library holds for us, by what it closes with. */
const FAULT_LIMITS = new Map([
  [1008, 'fragments'],
  [1009, 'batchBytes'],
]);

/** What the library closes with by itself, by the code of its error; else 1002. */
const FAULTS = new Map([
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 1009],
  ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', 1009],
  ['WS_ERR_TOO_MANY_BUFFERED_PARTS', 1008],
  ['WS_ERR_INVALID_UTF8', 1007],
]);

/**
 * A WebSocket as a transport. It is called by the listeners of the WebSocket and of its socket;
 * until `open` nothing comes back. Bytes handed to the sink are views of what the socket read:
 * whoever keeps some of them longer than the call must copy them.
 */
export class WsTransport implements AcceptedTransport, MessageWatchOptions {
  readonly #options: WsTransportOptions;
  readonly #watch: MessageWatch;
  #sink: TransportSink | undefined;
  #isClosing = false;
  /** How it ends, as far as this side decides it. */
  #ending: Closed | undefined;
  #closeTimer: Timer | undefined;
  /** Whether the sink must be told when there is room again. */
  #isFull = false;
  #pongs = 0;
  #controlFrames = 0;
  #controlSince = -Infinity;

  constructor(options: WsTransportOptions) {
    this.#options = options;
    this.#watch = new MessageWatch(this);
  }

  get takesPacked(): boolean {
    return this.#options.takesPacked;
  }

  get runtime(): Runtime {
    return this.#options.runtime;
  }

  /** How long a message may be on its way. */
  get limitMs(): number {
    return this.#options.limits.unfinishedMs;
  }

  /** A message is on its way for too long. */
  late(): void {
    this.close(UNFINISHED);
  }

  /** Names who is called from now on. */
  open(sink: TransportSink): void {
    this.#sink = sink;
  }

  authenticated(): void {
    this.#options.place.authenticated();
  }

  get bufferedBytes(): number {
    return this.#options.socket.writableLength;
  }

  write(batches: readonly Uint8Array[]): void {
    const { webSocket, socket } = this.#options;
    if (this.#isClosing || webSocket.readyState !== OPEN) return;
    const bytes = frameBytes(batches);
    const written = this.#noteFull(bytes) ? () => this.#socketOnWritten() : undefined;
    const waiting = socket.writableLength;
    const hasQueued = webSocket.bufferedAmount !== waiting;
    if (!hasQueued && bytes <= JOIN_BYTES * batches.length) {
      socket.write(joinFrames(batches, waiting === 0), written);
      return;
    }
    const last = batches.length - 1;
    socket.cork();
    for (const [index, batch] of batches.entries()) {
      const done = index === last ? written : undefined;
      // What the library has queued must not be passed by, or frames would come apart.
      if (hasQueued) webSocket.send(batch, done);
      else {
        socket.write(encodeHeader(batch));
        socket.write(batch, done);
      }
    }
    socket.uncork();
  }

  writeParts(parts: readonly Uint8Array[]): void {
    const { webSocket, socket } = this.#options;
    const [first, ...rest] = parts;
    if (this.#isClosing || webSocket.readyState !== OPEN || first === undefined) return;
    let bytes = 0;
    for (const { length } of parts) bytes += length;
    const written = this.#noteFull(bytes) ? () => this.#socketOnWritten() : undefined;
    if (webSocket.bufferedAmount !== socket.writableLength) {
      return webSocket.send(Buffer.concat(parts, bytes), written);
    }
    const begun = beginFrame(bytes, first);
    socket.cork();
    socket.write(begun, rest.length === 0 ? written : undefined);
    for (const [index, part] of rest.entries()) {
      socket.write(part, index === rest.length - 1 ? written : undefined);
    }
    socket.uncork();
  }

  close(close: Close): void {
    if (this.#isClosing) return;
    const { code, reason } = close;
    this.#isClosing = true;
    this.#watch.stop();
    const number = CLOSE_CODES[code].code;
    this.#ending ??= ownEnd({ code: number, reason }, limitOfClose(close));
    this.#options.webSocket.close(number, reason);
    this.#limitClosing();
  }

  abort(): void {
    this.#isClosing = true;
    this.#options.webSocket.terminate();
  }

  webSocketOnMessage(data: Uint8Array, isBinary: boolean): void {
    if (this.#isClosing || this.#sink === undefined) return;
    try {
      // Not the Buffer itself: its `slice` would give a view to somebody who wants a copy.
      if (isBinary) this.#sink.receive(new Uint8Array(data.buffer, data.byteOffset, data.length));
      else this.#sink.receiveText();
    } catch (error) {
      // No bytes of a peer may end the process, not even through a fault of our own.
      this.#options.onError(error);
      this.abort();
    }
  }

  webSocketOnPing(data: Uint8Array): void {
    if (!this.#countControlFrame() || this.#pongs >= this.#options.limits.pendingPongs) return;
    this.#pongs++;
    this.#noteFull(data.length);
    // A copy: the data is a view of everything that was read with it.
    this.#options.webSocket.pong(new Uint8Array(data), false, () => {
      this.#pongs--;
      this.#socketOnWritten();
    });
  }

  webSocketOnPong(): void {
    this.#countControlFrame();
  }

  /** The peer broke the rules of WebSocket; the library closes by itself. */
  webSocketOnError(error: Error & { readonly code?: unknown }): void {
    const code = FAULTS.get(String(error.code)) ?? 1002;
    this.#ending ??= ownEnd({ code, reason: '' }, FAULT_LIMITS.get(code));
    this.#isClosing = true;
    this.#watch.stop();
    this.#limitClosing();
  }

  webSocketOnClose(code: number, reason: Uint8Array): void {
    this.#isClosing = true;
    this.#watch.stop();
    this.#closeTimer?.cancel();
    this.#sink?.closed(this.#ending ?? { code, reason: Buffer.from(reason).toString() });
    this.#sink = undefined;
  }

  /** Bytes have come; the library has already acted on them. */
  socketOnData(chunk: Uint8Array): void {
    if (this.#isClosing) return;
    // The peer closes. The library answers, and leaves it to us how long that may take.
    if (this.#options.webSocket.readyState !== OPEN) return this.socketOnEnd();
    this.#watch.read(chunk);
  }

  /** The peer sends nothing more; it may still not take what we have. */
  socketOnEnd(): void {
    this.#isClosing = true;
    this.#watch.stop();
    this.#limitClosing();
  }

  #socketOnWritten(): void {
    if (!this.#isFull || this.bufferedBytes >= this.#options.limits.writeAheadBytes) return;
    this.#isFull = false;
    if (!this.#isClosing) this.#sink?.writable();
  }

  /** Notes whether a write of this size fills the socket; then its end must be waited for. */
  #noteFull(bytes: number): boolean {
    const isFull = this.bufferedBytes + bytes >= this.#options.limits.writeAheadBytes;
    if (isFull) this.#isFull = true;
    return isFull;
  }

  #countControlFrame(): boolean {
    if (this.#isClosing) return false;
    const now = this.#options.runtime.now();
    if (now - this.#controlSince >= CONTROL_MS) {
      this.#controlSince = now;
      this.#controlFrames = 0;
    }
    if (++this.#controlFrames <= this.#options.limits.controlFrames) return true;
    this.close(new Violation('TOO_MANY_CONTROL_FRAMES'));
    return false;
  }

  #limitClosing(): void {
    const { runtime, webSocket } = this.#options;
    this.#closeTimer ??= runtime.startTimer(CLOSE_MS, () => webSocket.terminate());
  }
}

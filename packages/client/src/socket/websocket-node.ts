import {
  CLOSE_CODES,
  WIRE_DEFAULTS,
  type Close,
  type Dial,
  type DialSink,
  type Runtime,
  type Transport,
} from '@trunkline/protocol';
import { WebSocket, type ClientOptions, type RawData } from 'ws';

const CUT = 1006;
/** How `ws` tells that the server chose no subprotocol, or one that was not offered. */
const WRONG_SUBPROTOCOL = /^Server sent (an invalid|no) subprotocol$/;
const FULL_BYTES = WIRE_DEFAULTS.writeAheadBytes;

const SOCKET_OPTIONS: ClientOptions & { readonly closeTimeout: number } = {
  perMessageDeflate: false,
  followRedirects: false,
  maxPayload: WIRE_DEFAULTS.batchBytes,
  /** A batch comes in one frame, but what is in between may split it. */
  maxFragments: 64,
  /** Milliseconds that a server has to agree to a close before the socket is ended. */
  closeTimeout: 5_000,
};

/**
 * Makes the `Dial` of Node: WebSockets of the package `ws`, without compression. `options` go to
 * each of them, such as what opens its connection.
 */
export function createDial(runtime: Runtime, options: ClientOptions = {}): Dial {
  const socketOptions = { ...SOCKET_OPTIONS, ...options };
  return (url, subprotocols, sink) => {
    try {
      return new NodeTransport(new WebSocket(url, [...subprotocols], socketOptions), sink);
    } catch (error) {
      runtime.endOfTurn(() => sink.closed({ code: CUT, reason: String(error) }));
      return { bufferedBytes: 0, write: () => {}, close: () => {}, abort: () => {} };
    }
  };
}

class NodeTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #sink: DialSink;
  #isFull = false;
  #isClosed = false;
  #failure = '';
  #failureCode = CUT;
  readonly #written = (): void => this.#socketOnWritten();

  constructor(socket: WebSocket, sink: DialSink) {
    this.#socket = socket;
    this.#sink = sink;
    // First of all: an error that nobody listens to ends the process.
    socket.on('error', (error) => this.#socketOnError(error));
    socket.on('unexpected-response', (_request, response) => {
      this.#failure = `the server answered HTTP ${response.statusCode}`;
      socket.terminate();
    });
    socket.on('open', () => sink.opened(socket.protocol));
    socket.on('message', (data, isBinary) => this.#socketOnMessage(data, isBinary));
    socket.on('close', (code, reason) => {
      this.#isClosed = true;
      if (code === CUT) sink.closed({ code: this.#failureCode, reason: this.#failure });
      else sink.closed({ code, reason: reason.toString() });
    });
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  write(batches: readonly Uint8Array[]): void {
    for (const batch of batches) this.#socket.send(batch, this.#written);
    this.#isFull ||= this.bufferedBytes >= FULL_BYTES;
  }

  close({ code, reason }: Close): void {
    this.#socket.close(CLOSE_CODES[code].code, reason);
  }

  abort(): void {
    this.#socket.terminate();
  }

  #socketOnMessage(data: RawData, isBinary: boolean): void {
    if (!isBinary) return this.#sink.receiveText();
    // A plain array: what `slice` of a Buffer gives is no copy.
    const { buffer, byteOffset, byteLength } = data as Exclude<RawData, ArrayBuffer | unknown[]>;
    this.#sink.receive(new Uint8Array(buffer, byteOffset, byteLength));
  }

  #socketOnWritten(): void {
    if (!this.#isFull || this.#isClosed || this.bufferedBytes >= FULL_BYTES) return;
    this.#isFull = false;
    this.#sink.writable();
  }

  #socketOnError(error: Error & { readonly code?: unknown }): void {
    // Of several addresses that all refused, there is a code and no message.
    this.#failure ||= error.message || String(error.code);
    if (!WRONG_SUBPROTOCOL.test(error.message)) return;
    this.#failure = 'subprotocol not offered';
    this.#failureCode = CLOSE_CODES.VERSION.code;
  }
}

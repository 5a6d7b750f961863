import type { Close, Closed, Dial, DialSink, Runtime, Transport } from '@trunkline/protocol';
import { CLOSE_CODES, WIRE_LIMITS } from '@trunkline/protocol';
import { WebSocket } from 'ws';

const CUT = 1006;
/** How long a server may take to agree to a close; then the socket is ended. */
const CLOSE_MS = 5_000;
/** Every message is whole in one frame as our servers write it; proxies may split it. */
const MAX_FRAGMENTS = 64;

/** Makes the `Dial` of Node: WebSockets of the package `ws`, without compression. */
export function createDial(runtime: Runtime): Dial {
  return (url, subprotocols, sink) => {
    try {
      return new WsTransport(openSocket(url, subprotocols), sink);
    } catch (error) {
      runtime.endOfTurn(() => sink.closed({ code: CUT, reason: String(error) }));
      return UNOPENED;
    }
  };
}

const UNOPENED: Transport = { bufferedBytes: 0, write: () => {}, close: () => {}, abort: () => {} };

function openSocket(url: string, subprotocols: readonly string[]): WebSocket {
  return new WebSocket(url, [...subprotocols], {
    perMessageDeflate: false,
    maxPayload: WIRE_LIMITS.batchBytes.value,
    maxFragments: MAX_FRAGMENTS,
    closeTimeout: CLOSE_MS,
    followRedirects: false,
  });
}

class WsTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #sink: DialSink;
  #isFull = false;
  #isClosed = false;
  #reason = '';

  constructor(socket: WebSocket, sink: DialSink) {
    this.#socket = socket;
    this.#sink = sink;
    // First of all: an error that nobody listens to ends the process.
    socket.on('error', (error) => void (this.#reason ||= error.message));
    socket.on('unexpected-response', (_request, response) => {
      this.#reason = `the server answered HTTP ${response.statusCode}`;
      response.resume();
      socket.terminate();
    });
    socket.on('open', () => this.#sink.opened(socket.protocol));
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('close', (code, reason) => this.#onClose(code, reason));
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }
}

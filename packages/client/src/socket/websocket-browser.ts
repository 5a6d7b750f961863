import {
  CLOSE_CODES,
  WIRE_DEFAULTS,
  type Close,
  type Closed,
  type Dial,
  type DialSink,
  type Runtime,
  type Timer,
  type Transport,
} from '@trunkline/protocol';

const CUT = 1006;
const DONE = 1000;
const FIRST_OF_APPLICATIONS = 3_000;
const FULL_BYTES = WIRE_DEFAULTS.writeAheadBytes;
/** A socket that does not end although it was closed is left to itself after so many milliseconds. */
const CLOSE_MS = 5_000;
/** There is no event for it, so what is buffered is looked at this often, in milliseconds. */
const LOOK_MS = 10;

/** Makes the `Dial` of browsers, Bun and Deno: the global `WebSocket`. */
export function createDial(runtime: Runtime): Dial {
  return (url, subprotocols, sink) => {
    try {
      return new BrowserTransport(new WebSocket(url, [...subprotocols]), sink, runtime);
    } catch (error) {
      // A page that came over https: may not even make a socket for ws:.
      runtime.endOfTurn(() => sink.closed({ code: CUT, reason: String(error) }));
      return { bufferedBytes: 0, write: () => {}, close: () => {}, abort: () => {} };
    }
  };
}

class BrowserTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #sink: DialSink;
  readonly #runtime: Runtime;
  #isClosed = false;
  #look: Timer | undefined;
  #closing: Timer | undefined;

  constructor(socket: WebSocket, sink: DialSink, runtime: Runtime) {
    this.#socket = socket;
    this.#sink = sink;
    this.#runtime = runtime;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => sink.opened(socket.protocol);
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) sink.receive(new Uint8Array(data));
      else sink.receiveText();
    };
    socket.onerror = () => {
      // Some never tell the end of a socket that did not open.
      if (socket.readyState === socket.CONNECTING) this.#end({ code: CUT, reason: '' });
    };
    socket.onclose = ({ code, reason }) => {
      // One of them gives 0 for a cut.
      this.#end({ code: code || CUT, reason });
    };
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  write(batches: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    for (const batch of batches) this.#socket.send(batch as Uint8Array<ArrayBuffer>);
    if (this.bufferedBytes >= FULL_BYTES) this.#lookLater();
  }

  close({ code, reason }: Close): void {
    const number: number = CLOSE_CODES[code].code;
    // Pages may not use the codes of the protocol itself.
    if (number === DONE || number >= FIRST_OF_APPLICATIONS) this.#socket.close(number, reason);
    else this.#socket.close();
    const end = (): void => this.#end({ code: CUT, reason: '' });
    if (!this.#isClosed) this.#closing ??= this.#runtime.startTimer(CLOSE_MS, end);
  }

  abort(): void {
    // There is no way to end a socket at once, so it is left to itself.
    this.#socket.close();
    this.#runtime.endOfTurn(() => this.#end({ code: CUT, reason: '' }));
  }

  #lookLater(): void {
    this.#look ??= this.#runtime.startTimer(LOOK_MS, () => {
      this.#look = undefined;
      if (this.bufferedBytes >= FULL_BYTES) this.#lookLater();
      else this.#sink.writable();
    });
  }

  #end(closed: Closed): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#look?.cancel();
    this.#closing?.cancel();
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Kept: an error without a listener is reported by some platforms.
    socket.onerror = () => {};
    this.#sink.closed(closed);
  }
}

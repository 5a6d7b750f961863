import { CLOSE_CODES, type Close } from '../close-code.js';
import { WIRE_DEFAULTS } from '../limit-values.js';
import type { Runtime, Timer } from '../runtime.js';
import type { Closed, Dial, DialSink, Transport, TransportSink } from '../transport.js';
import { negotiate } from '../version.js';

const CUT: Closed = { code: 1006, reason: '' };

/** Takes a connection at the server's end. */
export type Accept = (transport: Transport, subprotocol: string) => TransportSink;

/** What is on its way, and when it is there. */
interface InFlight {
  readonly dueAt: number;
  readonly what: Uint8Array | Closed;
  /** What it takes up of the writer's buffer: nothing once it is on a long way. */
  readonly buffered: number;
}

/** One end of a connection in memory. What is written arrives in a later turn, as a copy. */
class MemoryEnd implements Transport {
  /** Everything that was written here, in order, for a test to look at. */
  readonly written: Uint8Array[] = [];
  bufferedBytes = 0;
  isHeld = false;
  sink: TransportSink | undefined;
  peer: MemoryEnd | undefined;
  readonly #runtime: Runtime;
  readonly #latencyMs: () => number;
  readonly #inFlight: InFlight[] = [];
  #timer: Timer | undefined;
  #isScheduled = false;
  #isClosing = false;
  isClosed = false;

  constructor(runtime: Runtime, latencyMs: () => number) {
    this.#runtime = runtime;
    this.#latencyMs = latencyMs;
  }

  write(batches: readonly Uint8Array[]): void {
    if (this.#isClosing) return;
    for (const batch of batches) {
      const copy = batch.slice();
      this.written.push(copy);
      this.#push(copy, this.#latencyMs() > 0 && !this.isHeld ? 0 : copy.length);
    }
    this.#schedule();
  }

  close({ code, reason }: Close): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#push({ code: CLOSE_CODES[code].code, reason });
    this.#schedule();
  }

  abort(): void {
    this.#isClosing = true;
    this.#inFlight.length = 0;
    this.#runtime.endOfTurn(() => {
      this.end(CUT);
      this.peer?.end(CUT);
    });
  }

  /** Ends this end, as the socket would report it. */
  end(closed: Closed): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#isClosing = true;
    this.#inFlight.length = 0;
    this.#timer?.cancel();
    this.sink?.closed(closed);
  }

  /** Delivers what was held back. */
  release(): void {
    this.isHeld = false;
    this.#schedule();
  }

  #push(what: Uint8Array | Closed, buffered = 0): void {
    this.bufferedBytes += buffered;
    this.#inFlight.push({ dueAt: this.#runtime.now() + this.#latencyMs(), what, buffered });
  }

  #schedule(): void {
    const [next] = this.#inFlight;
    if (next === undefined || this.#isScheduled || this.isHeld) return;
    this.#isScheduled = true;
    const deliver = (): void => {
      this.#isScheduled = false;
      this.#deliver();
      this.#schedule();
    };
    const afterMs = next.dueAt - this.#runtime.now();
    if (afterMs <= 0) this.#runtime.endOfTurn(deliver);
    else this.#timer = this.#runtime.startTimer(afterMs, deliver);
  }

  #deliver(): void {
    const wasFull = this.bufferedBytes >= WIRE_DEFAULTS.writeAheadBytes;
    while (!this.isHeld && (this.#inFlight[0]?.dueAt ?? Infinity) <= this.#runtime.now()) {
      const { what, buffered } = this.#inFlight.shift() as InFlight;
      if (!(what instanceof Uint8Array)) {
        this.peer?.end(what);
        return this.end(what);
      }
      this.bufferedBytes -= buffered;
      if (this.peer?.isClosed === false) this.peer.sink?.receive(what);
    }
    if (wasFull && this.bufferedBytes < WIRE_DEFAULTS.writeAheadBytes) this.sink?.writable();
  }
}

/** A connection in memory, in the hands of a test. */
export interface MemoryConnection {
  /** What each side wrote. */
  readonly fromClient: readonly Uint8Array[];
  readonly fromServer: readonly Uint8Array[];
  /** Cuts the connection at both ends; what is in flight is lost. */
  cut(): void;
  /** Holds back what the given side writes, as a fence or as a link that is silent. */
  hold(side: 'client' | 'server'): void;
  /** Delivers what was held, in order. */
  release(side: 'client' | 'server'): void;
}

/** Connections between clients and a server in one process, with faults on demand. */
export class MemoryNetwork {
  /** All connections that were ever opened, oldest first. */
  readonly connections: MemoryConnection[] = [];
  /** While true, new connections fail. */
  isDown = false;
  /** Milliseconds that what is written from now on is on its way. */
  latencyMs = 0;
  readonly #runtime: Runtime;
  #accept: Accept | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Sets who takes new connections. */
  listen(accept: Accept): void {
    this.#accept = accept;
  }

  /** What a client opens its connections with. */
  readonly dial: Dial = (_url, subprotocols, sink) => {
    const client = this.#end();
    client.sink = sink;
    this.#runtime.endOfTurn(() => this.#open(client, sink, subprotocols));
    return client;
  };

  /** The newest connection. Throws a RangeError when there was none. */
  get latest(): MemoryConnection {
    const latest = this.connections.at(-1);
    if (latest === undefined) throw new RangeError('no connection was opened yet');
    return latest;
  }

  #end(): MemoryEnd {
    return new MemoryEnd(this.#runtime, () => this.latencyMs);
  }

  #open(client: MemoryEnd, sink: DialSink, subprotocols: readonly string[]): void {
    const negotiated = negotiate(subprotocols.join(','));
    if (this.isDown || this.#accept === undefined || negotiated.outcome === 'refuse') {
      return client.end(CUT);
    }
    const server = this.#end();
    client.peer = server;
    server.peer = client;
    this.connections.push(connectionOf(client, server));
    server.sink = this.#accept(server, negotiated.name);
    sink.opened(negotiated.name);
  }
}

function connectionOf(client: MemoryEnd, server: MemoryEnd): MemoryConnection {
  const endOf = (side: 'client' | 'server'): MemoryEnd => (side === 'client' ? client : server);
  return {
    fromClient: client.written,
    fromServer: server.written,
    cut: () => {
      client.end(CUT);
      server.end(CUT);
    },
    hold: (side) => void (endOf(side).isHeld = true),
    release: (side) => endOf(side).release(),
  };
}

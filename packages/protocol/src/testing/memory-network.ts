import { CLOSE_CODES, type Close } from '../close-code.js';
import { WIRE_DEFAULTS } from '../limit-values.js';
import type { Runtime, Timer } from '../runtime.js';
import type { Closed, Dial, DialSink, Transport, TransportSink } from '../transport.js';
import { negotiate } from '../version.js';

const CUT: Closed = { code: 1006, reason: '' };

/** Takes a connection at the server's end. */
export type Accept = (transport: Transport, subprotocol: string) => TransportSink;

/** What was written and has not arrived, and when it does. */
interface InFlight {
  readonly content: Uint8Array | Closed;
  readonly dueAt: number;
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
  readonly #delayMs: () => number;
  readonly #inFlight: InFlight[] = [];
  #dueAt = 0;
  #timer: Timer | undefined;
  #isScheduled = false;
  #isClosing = false;
  isClosed = false;

  constructor(runtime: Runtime, delayMs: () => number) {
    this.#runtime = runtime;
    this.#delayMs = delayMs;
  }

  write(batches: readonly Uint8Array[]): void {
    if (this.#isClosing) return;
    for (const batch of batches) {
      const copy = batch.slice();
      this.written.push(copy);
      this.#push(copy);
    }
  }

  close({ code, reason }: Close): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#push({ code: CLOSE_CODES[code].code, reason });
  }

  abort(): void {
    if (this.isClosed) return;
    this.#isClosing = true;
    this.#clear();
    this.#push(CUT);
    this.#runtime.endOfTurn(() => this.#tell(CUT));
  }

  /** Ends this end, as the socket would report it; what it wrote is lost. */
  end(closed: Closed): void {
    this.#clear();
    this.#tell(closed);
  }

  /** Ends this end alone; what it wrote still arrives. */
  leave(): void {
    this.#tell(CUT);
  }

  /** Delivers what was held back. */
  release(): void {
    this.isHeld = false;
    this.#schedule();
  }

  #tell(closed: Closed): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#isClosing = true;
    this.sink?.closed(closed);
  }

  #clear(): void {
    this.#inFlight.length = 0;
    this.bufferedBytes = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #push(content: InFlight['content']): void {
    // Nothing overtakes what was written before.
    const now = this.#runtime.now();
    this.#dueAt = Math.max(this.#dueAt, now + this.#delayMs());
    const size = content instanceof Uint8Array ? content.length : 0;
    const buffered = this.#dueAt > now && !this.isHeld ? 0 : size;
    this.bufferedBytes += buffered;
    this.#inFlight.push({ content, dueAt: this.#dueAt, buffered });
    this.#schedule();
  }

  #schedule(): void {
    const [first] = this.#inFlight;
    if (first === undefined || this.isHeld || this.#isScheduled || this.#timer !== undefined)
      return;
    const waitMs = first.dueAt - this.#runtime.now();
    if (waitMs > 0) {
      this.#timer = this.#runtime.startTimer(waitMs, () => {
        this.#timer = undefined;
        this.#deliver();
      });
      return;
    }
    this.#isScheduled = true;
    this.#runtime.endOfTurn(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const wasFull = this.bufferedBytes >= WIRE_DEFAULTS.writeAheadBytes;
    while (!this.isHeld) {
      const [next] = this.#inFlight;
      if (next === undefined || next.dueAt > this.#runtime.now()) break;
      this.#inFlight.shift();
      const { content, buffered } = next;
      if (!(content instanceof Uint8Array)) {
        this.peer?.end(content);
        return this.end(content);
      }
      this.bufferedBytes -= buffered;
      if (this.peer?.isClosed === false) this.peer.sink?.receive(content);
    }
    this.#schedule();
    const isFull = this.bufferedBytes >= WIRE_DEFAULTS.writeAheadBytes;
    if (wasFull && !isFull && !this.isClosed) this.sink?.writable();
  }
}

/** A connection in memory, in the hands of a test. */
export interface MemoryConnection {
  /** What each side wrote. */
  readonly fromClient: readonly Uint8Array[];
  readonly fromServer: readonly Uint8Array[];
  /**
   * Cuts the connection at both ends; what is in flight is lost. With a side only that one finds out:
   * what it wrote still arrives, and the other end is half open until it is cut too.
   */
  cut(side?: 'client' | 'server'): void;
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
  /** Says for each write, and for opening a connection, how long it takes; the order is kept. */
  delayMs: () => number = () => 0;
  readonly #runtime: Runtime;
  #accept: Accept | undefined;
  #spoken: readonly string[] | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Sets who takes new connections, and which subprotocols it speaks: all of them unless given. */
  listen(accept: Accept, spoken?: readonly string[]): void {
    this.#accept = accept;
    this.#spoken = spoken;
  }

  /** What a client opens its connections with. */
  readonly dial: Dial = (_url, subprotocols, sink) => {
    const client = this.#createEnd();
    client.sink = sink;
    const open = (): void => this.#open(client, sink, subprotocols);
    const delayMs = this.delayMs();
    if (delayMs > 0) this.#runtime.startTimer(delayMs, open);
    else this.#runtime.endOfTurn(open);
    return client;
  };

  /** The newest connection. Throws a RangeError when there was none. */
  get latest(): MemoryConnection {
    const latest = this.connections.at(-1);
    if (latest === undefined) throw new RangeError('no connection was opened yet');
    return latest;
  }

  #createEnd(): MemoryEnd {
    return new MemoryEnd(this.#runtime, () => this.delayMs());
  }

  #open(client: MemoryEnd, sink: DialSink, subprotocols: readonly string[]): void {
    if (client.isClosed) return;
    const negotiated = negotiate(subprotocols.join(','), this.#spoken);
    if (this.isDown || this.#accept === undefined || negotiated.outcome === 'refuse') {
      return client.end(CUT);
    }
    const server = this.#createEnd();
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
    cut: (side) => {
      if (side !== undefined) return endOf(side).leave();
      client.end(CUT);
      server.end(CUT);
    },
    hold: (side) => void (endOf(side).isHeld = true),
    release: (side) => endOf(side).release(),
  };
}

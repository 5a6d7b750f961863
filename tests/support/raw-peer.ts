import {
  decodeBatch,
  encodeBatch,
  SERVER_DECODE_LIMITS,
  SUBPROTOCOLS,
  takesNumber,
  Violation,
  Writer,
  type Close,
  type CloseCode,
  type Closed,
  type Message,
  type Payload,
  type ReceivedMessage,
} from '@trunkline/protocol';
import { encodePayload } from '@trunkline/protocol/superjson';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';
import {
  createServer,
  type Server,
  type ServerFailure,
  type ServerOptions,
} from '@trunkline/server';
import { acceptInMemory } from '@trunkline/server/testing';
import { expect } from 'vitest';
import { NOTHING_OPEN } from './nothing-open.js';

/** A client that says whatever a test wants, byte by byte. */
export class RawPeer {
  readonly received: ReceivedMessage[] = [];
  closed: Closed | undefined;
  tx = 0;
  rx = 0;
  /** The last number that the server has acknowledged, low 16 bits of it. */
  acked = 0;
  #write: (bytes: Uint8Array) => void = () => undefined;
  #close: (close: Close) => void = () => undefined;
  #abort: () => void = () => undefined;
  readonly #runtime: VirtualRuntime;

  constructor(
    network: MemoryNetwork,
    runtime: VirtualRuntime,
    subprotocol: string = SUBPROTOCOLS.superjson,
  ) {
    this.#runtime = runtime;
    const transport = network.dial('ws://memory', [subprotocol], {
      opened: () => undefined,
      receive: (batch) => this.#receive(batch),
      receiveText: () => undefined,
      writable: () => undefined,
      closed: (closed) => void (this.closed = closed),
    });
    this.#write = (bytes) => transport.write([bytes]);
    this.#close = (close) => transport.close(close);
    this.#abort = () => transport.abort();
  }

  /** Closes with a code. */
  async close(code: CloseCode): Promise<void> {
    this.#close({ code, reason: '' });
    await this.#runtime.settle();
  }

  /** Cuts the connection. */
  async cut(): Promise<void> {
    this.#abort();
    await this.#runtime.settle();
  }

  /** Sends bytes as they stand. */
  async bytes(bytes: Uint8Array): Promise<void> {
    this.#write(bytes);
    await this.#runtime.settle();
  }

  /** Sends messages in one batch with right numbers. */
  async send(...messages: Message[]): Promise<void> {
    const numbered = messages.filter(takesNumber).length;
    const head = numbered === 0 ? {} : { seq: this.tx + 1 };
    this.tx += numbered;
    await this.bytes(encodeBatch(new Writer(), head, messages).slice());
  }

  /** Acknowledges all that has come. */
  acknowledge(): Promise<void> {
    return this.bytes(encodeBatch(new Writer(), { ack: this.rx }, []).slice());
  }

  async hello(token = '', features = 0): Promise<void> {
    await this.send({ kind: 'HELLO', features, agent: 'raw', token, revisions: [] });
  }

  /** The messages of one kind that have come. */
  of<Kind extends ReceivedMessage['kind']>(kind: Kind): Extract<ReceivedMessage, { kind: Kind }>[] {
    return this.received.filter(
      (message): message is Extract<ReceivedMessage, { kind: Kind }> => message.kind === kind,
    );
  }

  #receive(bytes: Uint8Array): void {
    const batch = decodeBatch(bytes.slice());
    if (batch instanceof Violation)
      throw new Error(`the server broke the protocol: ${batch.reason}`);
    this.acked = batch.ack ?? this.acked;
    this.rx += batch.messages.filter(takesNumber).length;
    this.received.push(...batch.messages);
  }
}

/** A server that raw peers connect to, on virtual time. */
export interface RawHost extends AsyncDisposable {
  readonly network: MemoryNetwork;
  readonly server: Server;
  readonly runtime: VirtualRuntime;
  readonly failures: ServerFailure[];
  connect(subprotocol?: string): RawPeer;
}

export function openRawHost(options: Omit<ServerOptions, 'runtime' | 'onError'>): RawHost {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const failures: ServerFailure[] = [];
  const server = createServer({
    ...options,
    runtime,
    onError: (failure) => failures.push(failure),
  });
  acceptInMemory(server, network);
  return {
    server,
    network,
    runtime,
    failures,
    connect: (subprotocol = SUBPROTOCOLS.superjson) => new RawPeer(network, runtime, subprotocol),
    async [Symbol.asyncDispose]() {
      await server.close();
      await runtime.settle();
      expect(server.counts).toEqual(NOTHING_OPEN);
      expect(runtime.timers).toBe(0);
    },
  };
}

/** A value as a payload, for messages written by hand. */
export function payloadOf(value: unknown): Payload {
  return encodePayload(value, SERVER_DECODE_LIMITS);
}

/** Bytes from hexadecimal digits; blanks are free. */
export function fromHex(hex: string): Uint8Array {
  const digits = hex.replaceAll(/\s/g, '');
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  );
}

import {
  decodeBatch,
  encodeBatch,
  SERVER_DECODE_LIMITS,
  SESSION_LIMITS,
  takesNumber,
  Violation,
  Writer,
  type CloseCode,
  type Closed,
  type Message,
  type ReceivedMessage,
  type SessionLimits,
  type Transport,
  type TransportSink,
  type WelcomeMessage,
} from '@trunkline/protocol';
import { decodePayload, encodePayload } from '@trunkline/protocol/superjson';
import { MemoryNetwork, VirtualRuntime } from '@trunkline/protocol/testing';

type Received<Kind extends ReceivedMessage['kind']> = Extract<ReceivedMessage, { kind: Kind }>;

const LIMITS = Object.fromEntries(
  Object.entries(SESSION_LIMITS).map(([name, { absent }]) => [name, absent]),
) as SessionLimits;

/** A WELCOME with the default limits. */
export function welcome(change: Partial<WelcomeMessage> = {}): WelcomeMessage {
  return {
    kind: 'WELCOME',
    features: 0,
    session: 's',
    secret: new Uint8Array(0),
    ttlMs: 0,
    expiresInMs: 0,
    idleMs: 15_000,
    limits: LIMITS,
    revisions: [],
    ...change,
  };
}

/** A WELCOME with some limits changed. */
export function welcomeWith(limits: Partial<SessionLimits>): WelcomeMessage {
  return welcome({ limits: { ...LIMITS, ...limits } });
}

/** One connection at the server's end, which answers by hand only. */
export class ScriptedConnection implements TransportSink {
  /** All messages that came, without PING and PONG, in order. */
  readonly received: ReceivedMessage[] = [];
  /** The messages of each batch that came. */
  readonly batches: (readonly ReceivedMessage[])[] = [];
  closedWith: Closed | undefined;
  #tx = 0;
  #rx = 0;

  constructor(
    readonly transport: Transport,
    readonly subprotocol: string,
  ) {}

  receive(bytes: Uint8Array): void {
    const batch = decodeBatch(bytes.slice());
    if (batch instanceof Violation) throw new Error(`the client broke the wire: ${batch.name}`);
    this.batches.push(batch.messages);
    for (const message of batch.messages) {
      if (takesNumber(message)) this.#rx++;
      if (message.kind === 'PING') this.send({ kind: 'PONG', value: message.value });
      else this.received.push(message);
    }
  }

  receiveText(): void {
    throw new Error('the client sent text');
  }

  writable(): void {}

  closed(closed: Closed): void {
    this.closedWith = closed;
  }

  /** Sends messages as one batch, acknowledging all that came. */
  send(...messages: Message[]): void {
    const numbered = messages.filter(takesNumber).length;
    const seq = numbered > 0 ? this.#tx + 1 : undefined;
    this.#tx += numbered;
    this.sendBytes(encodeBatch(new Writer(), { seq, ack: this.#rx }, messages));
  }

  sendBytes(...batches: Uint8Array[]): void {
    this.transport.write(batches);
  }

  close(code: CloseCode, reason = ''): void {
    this.transport.close({ code, reason });
  }

  /** All messages of a kind. */
  all<Kind extends ReceivedMessage['kind']>(kind: Kind): Received<Kind>[] {
    return this.received.filter((message) => message.kind === kind) as Received<Kind>[];
  }

  /** The newest message of a kind. Throws when there is none. */
  last<Kind extends ReceivedMessage['kind']>(kind: Kind): Received<Kind> {
    const message = this.all(kind).at(-1);
    if (message === undefined) throw new Error(`no ${kind} came`);
    return message;
  }

  /** The input of the newest CALL. */
  get input(): unknown {
    return decoded(this.last('CALL'));
  }

  result(id: number, value?: unknown, ext: Partial<Received<'RESULT'>> = {}): void {
    this.send({ kind: 'RESULT', id, ...payload(value), ...ext });
  }

  error(id: number, error: Partial<Received<'ERROR'>> & { code: string }): void {
    const message = { executed: 'no', message: 'refused', ...payload(undefined) } as const;
    this.send({ kind: 'ERROR', id, ...message, ...error });
  }

  item(id: number, value: unknown): void {
    this.send({ kind: 'ITEM', id, ...payload(value) });
  }

  end(id: number, value?: unknown): void {
    this.send({ kind: 'END', id, ...payload(value) });
  }
}

/** A value as a payload. */
export function payload(value: unknown): ReturnType<typeof encodePayload> {
  return encodePayload(value, SERVER_DECODE_LIMITS);
}

/** The value of a payload that must be readable. */
export function decoded(message: Parameters<typeof decodePayload>[0]): unknown {
  const result = decodePayload(message, SERVER_DECODE_LIMITS);
  if ('fault' in result) throw new Error(`unreadable payload: ${result.fault}`);
  return result.value;
}

/** A server in memory whose answers a test writes by hand. */
export class ScriptedServer {
  readonly runtime = new VirtualRuntime();
  readonly network: MemoryNetwork;
  readonly connections: ScriptedConnection[] = [];
  /** The WELCOME for each HELLO at once; `undefined` to let clients wait. */
  welcome: WelcomeMessage | undefined = welcome();

  constructor() {
    this.network = new MemoryNetwork(this.runtime);
    this.network.listen((transport, subprotocol) => {
      const connection = new ScriptedConnection(transport, subprotocol);
      this.connections.push(connection);
      const receive = connection.receive.bind(connection);
      connection.receive = (bytes) => {
        receive(bytes);
        const isFirst = connection.batches.length === 1;
        if (isFirst && this.welcome !== undefined) connection.send(this.welcome);
      };
      return connection;
    });
  }

  /** The newest connection. Throws when there is none. */
  get latest(): ScriptedConnection {
    const latest = this.connections.at(-1);
    if (latest === undefined) throw new Error('nobody has connected');
    return latest;
  }
}

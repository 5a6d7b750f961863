import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  decodeBatch,
  encodeBatch,
  takesNumber,
  Violation,
  Writer,
  type Batch,
  type Message,
} from '@trunkline/protocol';
import { WebSocket, WebSocketServer, type RawData } from 'ws';

/** What a proxy makes of a server behind it. */
export interface Mutation {
  /** What goes on in place of the messages of a batch. */
  readonly messages?: (messages: readonly Message[]) => readonly Message[];
  /** What is written is not acknowledged. */
  readonly isMute?: true;
  /** Text messages are dropped. */
  readonly dropsText?: true;
  /** How long a batch with one of these codes waits. */
  readonly delays?: Readonly<Record<string, number>>;
  /** The reason of each close. */
  readonly reason?: string;
}

/** A server that is wrong in one thing. */
export interface MutatingProxy {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a proxy that makes a server wrong. */
export async function startMutatingProxy(
  target: string,
  mutation: Mutation,
): Promise<MutatingProxy> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  await once(server, 'listening');
  server.on('connection', (near, { headers }) => {
    const offered = String(headers['sec-websocket-protocol']).split(/, */);
    lead(near, new WebSocket(target, offered), mutation);
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function lead(near: WebSocket, far: WebSocket, mutation: Mutation): void {
  const opened = once(far, 'open').catch(() => undefined);
  near.on('message', (data, isBinary) => {
    const passed = isBinary ? withoutAck(bytesOf(data)) : bytesOf(data).toString();
    if (passed === undefined || (!isBinary && mutation.dropsText)) return;
    void opened.then(() => far.send(passed));
  });
  const rewriter = new Rewriter(mutation);
  far.on('message', (data) => {
    const batch = decodeBatch(bytesOf(data)) as Batch;
    const codes = batch.messages.map((message) => ('code' in message ? message.code : ''));
    const delayMs = Math.max(0, ...codes.map((code) => mutation.delays?.[code] ?? 0));
    const send = (): void => {
      const bytes = rewriter.rewrite(batch);
      if (bytes !== undefined) near.send(bytes);
    };
    if (delayMs === 0) return send();
    const timer = setTimeout(send, delayMs);
    near.once('close', () => clearTimeout(timer));
  });
  pass(far, near, mutation.reason);
  pass(near, far, undefined);
}

/** Writes batches of a server anew, with numbers of their own. */
class Rewriter {
  readonly #mutation: Mutation;
  #tx = 0;

  constructor(mutation: Mutation) {
    this.#mutation = mutation;
  }

  rewrite({ messages, ack }: Batch): Uint8Array | undefined {
    const { messages: mutate, isMute } = this.#mutation;
    const mutated = mutate?.(messages as Message[]) ?? (messages as Message[]);
    const numbered = mutated.filter(takesNumber).length;
    const head = {
      seq: numbered > 0 ? this.#tx + 1 : undefined,
      ack: isMute ? undefined : ack,
    };
    this.#tx += numbered;
    if (mutated.length === 0 && head.ack === undefined) return undefined;
    return Uint8Array.from(encodeBatch(new Writer(), head, mutated));
  }
}

/** The server behind us has given other numbers, so that it must not hear of ours. */
function withoutAck(bytes: Buffer): Uint8Array | undefined {
  const batch = decodeBatch(bytes);
  if (batch instanceof Violation || batch.ack === undefined) return bytes;
  const at = batch.seq === undefined ? 1 : 3;
  const head = (bytes[0] ?? 0) & ~2;
  const rest = bytes.subarray(at + 2);
  if (rest.length === 0) return undefined;
  return Buffer.concat([Buffer.from([head]), bytes.subarray(1, at), rest]);
}

function pass(from: WebSocket, to: WebSocket, reason: string | undefined): void {
  from.on('error', () => undefined);
  from.on('close', (code, told) => {
    if (code === 1006 || code === 1005) to.terminate();
    else if (to.readyState === to.OPEN) to.close(code, reason ?? told.toString());
  });
}

function bytesOf(data: RawData): Buffer {
  return data as Buffer;
}

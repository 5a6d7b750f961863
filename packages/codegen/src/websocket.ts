import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type ClientOptions } from 'ws';

export type { WebSocket } from 'ws';

/** A WebSocket message is kept whole; no batch of the protocol is as long as a part of this. */
const MAX_MESSAGE_BYTES = 4 * 1_048_576;

/** How long a peer may take to agree to a close before its socket is ended. */
const CLOSE_MS = 2_000;

const SHARED = {
  maxPayload: MAX_MESSAGE_BYTES,
  closeTimeout: CLOSE_MS,
  // What is not well-formed is for the peer to judge.
  skipUTF8Validation: true,
};

/** How a WebSocket is opened. */
export interface DialOptions {
  /** Headers of the upgrade request beside those of WebSocket itself. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly origin?: string | undefined;
  /** Takes any certificate. */
  readonly insecure?: boolean;
  /** Offers compression, which no Trunkline server takes. */
  readonly compress?: boolean;
  /** Milliseconds that the upgrade may take. */
  readonly openMs: number;
  /** Whether Ping frames are answered by itself. */
  readonly autoPong?: boolean;
}

/** Opens a WebSocket. Throws a SyntaxError for an address or subprotocols that are not valid. */
export function dialWebSocket(
  url: string,
  subprotocols: readonly string[],
  options: DialOptions,
): WebSocket {
  const { headers, origin, insecure, compress, openMs, autoPong } = options;
  const socketOptions: ClientOptions & { readonly closeTimeout: number } = {
    ...SHARED,
    perMessageDeflate: compress === true,
    followRedirects: false,
    handshakeTimeout: openMs,
    rejectUnauthorized: insecure !== true,
    autoPong: autoPong !== false,
    ...(headers !== undefined && { headers }),
    ...(origin !== undefined && { origin }),
  };
  return new WebSocket(url, [...subprotocols], socketOptions);
}

/** An upgrade request, and the socket that it came by. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Makes WebSockets of upgrade requests, with the subprotocol that is given for each. */
export class WebSocketAcceptor {
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  readonly #server = new WebSocketServer({
    ...SHARED,
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    handleProtocols: (_offered, request) => this.#subprotocols.get(request) ?? false,
  });

  /** Calls back in this turn; never, when the request is not a good one, which is then answered. */
  accept(
    { request, socket, head }: Upgrade,
    subprotocol: string,
    opened: (socket: WebSocket) => void,
  ): void {
    this.#subprotocols.set(request, subprotocol);
    this.#server.handleUpgrade(request, socket, head, opened);
  }
}

import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { negotiate, type Runtime, type TransportSink } from '@trunkline/protocol';
import { WebSocketServer } from 'ws';
import type { AcceptedTransport } from './accepted-transport.js';
import type { ConnectionInfo } from '../routes/context.js';
import type { ServerLimits } from '../limits/limits.js';
import type { Observation } from '../observe/observation.js';
import { tellRefusal } from '../observe/tell-refusal.js';
import type { RequestHandler } from '../upgrade/readiness.js';
import { wireTransport } from './wire-transport.js';
import { WsTransport } from './ws-transport.js';
import { Admission, Place } from '../upgrade/admission.js';
import {
  answerOf,
  createHttpServer,
  listLooserLimits,
  startListening,
  type ListenAddress,
  type ListenOptions,
} from '../upgrade/http-server.js';
import { createOriginRule } from '../upgrade/origin.js';
import { refuse, type Refusal } from '../upgrade/refusal.js';
import { TrustedProxies } from '../upgrade/trusted-proxies.js';
import {
  decideUpgrade,
  type UpgradeDecision,
  type UpgradePolicy,
} from '../upgrade/upgrade-policy.js';
import { refuseUnknown } from '../refuse-unknown.js';
import { routeUpgrades } from '../upgrade/upgrade-router.js';

export type { ListenAddress, ListenOptions } from '../upgrade/http-server.js';

/** What an acceptor is made of. */
export interface AcceptorOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  /** Pages that are served beside those of the server's own origin: a list of origins, or any. */
  readonly origins: readonly string[] | 'any' | undefined;
  /** Addresses and networks whose forwarded headers count. */
  readonly trustedProxies: readonly string[];
  /** The subprotocols that are spoken, as `negotiate` wants them. */
  readonly spoken: readonly string[];
  /** Whether the cookie header is passed on; then a request must name its origin. */
  readonly cookies: boolean;
  /** Is told of faults and of what a person should look into. Must not throw. */
  readonly onError: (error: unknown) => void;
  /** Answers upgrades while nobody is let in. */
  readonly refusal?: () => Refusal | undefined;
  /** Answers requests for the ready path. */
  readonly readiness?: RequestHandler;
  /** `undefined` where nobody observes. */
  readonly observation?: Observation | undefined;
  /** Takes a connection whose upgrade is done; nothing comes before it has returned. */
  readonly accept: (transport: AcceptedTransport, info: ConnectionInfo) => TransportSink;
}

/** An upgrade as an HTTP server hands it over. */
interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  /** The most headers that it may have. */
  readonly headerCount: number;
}

/** Which upgrades are taken on a server of somebody else. */
interface MountOptions {
  readonly path?: string | undefined;
}

const MOUNT_OPTIONS: readonly (keyof MountOptions)[] = ['path'];
const LISTEN_OPTIONS: readonly (keyof ListenOptions)[] = [
  'port',
  'host',
  'path',
  'readyPath',
  'tls',
];

const TOO_MANY_HEADERS: Refusal = { status: 400, message: 'too many headers' };
const BAD_REQUEST: Refusal = { status: 400, message: 'the upgrade failed' };

/** The library counts in 32 bits. */
const MAX_COUNT = 0x7fffffff;

/**
 * Accepts WebSockets within the limits and makes transports of them. The servers are its own or
 * those of others. Whatever a peer sends, it neither throws nor leaves a socket behind.
 */
export class WsAcceptor {
  readonly #options: AcceptorOptions;
  readonly #policy: UpgradePolicy;
  readonly #proxies: TrustedProxies;
  readonly #admission: Admission;
  readonly #webSockets: WebSocketServer;
  readonly #servers = new Set<Server | SecureServer>();
  readonly #unmounts = new Set<() => void>();
  /** Those that are open, with their places among the others. */
  readonly #sockets = new Map<Socket, Place | undefined>();
  readonly #warned = new Set<string>();
  /** One for all sockets. */
  readonly #socketOnClose: (this: Socket) => void;
  #closing: Promise<void> | undefined;
  #socketsGone: (() => void) | undefined;

  /** Throws a TypeError for an origin or a proxy that is not valid. */
  constructor(options: AcceptorOptions) {
    const { runtime, limits, origins, trustedProxies, cookies, spoken } = options;
    if (cookies && origins === 'any') {
      throw new TypeError(
        'option "origins" must not be "any" with cookies: every page could act as the user; ' +
          'list the origins',
      );
    }
    this.#options = options;
    const leave = (socket: Socket): void => this.#leave(socket);
    this.#socketOnClose = function (this: Socket) {
      leave(this);
    };
    const offered = { names: limits.subprotocols, bytes: limits.subprotocolBytes };
    this.#policy = { isOriginAllowed: createOriginRule(origins), cookies, spoken, offered };
    this.#proxies = new TrustedProxies(trustedProxies);
    this.#admission = new Admission(runtime, limits);
    this.#webSockets = createWebSocketServer(limits, this.#policy);
    this.#webSockets.on('error', options.onError);
    this.#webSockets.on('wsClientError', (_error: Error, socket: Duplex) => {
      this.#refuse(socket as Socket, BAD_REQUEST);
    });
  }

  /** Sockets that are open, and how many of them are not yet authenticated. */
  get count(): { readonly sockets: number; readonly pending: number } {
    return this.#admission.count;
  }

  /** Listens on a port of its own. Rejects when the port cannot be had. */
  async listen(options: ListenOptions): Promise<ListenAddress> {
    refuseUnknown('listen: unknown option', options, LISTEN_OPTIONS);
    this.#mustBeOpen();
    const { limits, readiness } = this.#options;
    const answer = answerOf(options.readyPath, readiness);
    const server = createHttpServer(limits, options.tls, answer);
    const unroute = this.#route(server, options.path, limits.headerCount);
    this.#servers.add(server);
    try {
      const address = await startListening(server, options);
      server.on('error', this.#options.onError);
      this.#mustBeOpen();
      return address;
    } catch (error) {
      unroute();
      this.#servers.delete(server);
      server.close();
      throw error;
    }
  }

  /**
   * Takes upgrades of a path on a server of somebody else, or of every path that nobody took, until
   * the function that it gives is called. Connections stay. Throws a TypeError for a path that is
   * not valid or taken.
   */
  mount(server: Server | SecureServer, options: MountOptions = {}): () => void {
    // A misspelt path would be every path.
    refuseUnknown('mount: unknown option', options, MOUNT_OPTIONS);
    this.#mustBeOpen();
    const unroute = this.#route(server, options.path);
    const looser = listLooserLimits(server, this.#options.limits);
    if (looser.length > 0) {
      const text =
        `the mounted HTTP server is looser than the limits: ${looser.join(', ')}; ` +
        'tighten it, or raise the limits to say that this is meant';
      this.#warn(text, text);
    }
    return unroute;
  }

  /**
   * Stops listening and takes no more upgrades. Resolves when all sockets are gone: closing them
   * is up to whoever has their transports. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends every socket at once. */
  cut(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  async #close(): Promise<void> {
    for (const unmount of this.#unmounts) unmount();
    const stopped = [...this.#servers].map((server) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Requests that were not upgraded: nobody else would end them.
      server.closeAllConnections();
      return closed;
    });
    if (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => (this.#socketsGone = resolve));
    }
    await Promise.all(stopped);
    this.#webSockets.close();
    this.#admission.stop();
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) throw new Error('the acceptor is closed');
  }

  #route(
    server: Server | SecureServer,
    path: string | undefined,
    headerCount = Number.POSITIVE_INFINITY,
  ): () => void {
    const unroute = routeUpgrades(server, {
      path,
      runtime: this.#options.runtime,
      take: (request, socket, head) =>
        this.#serverOnUpgrade({ request, socket, head, headerCount }),
    });
    const unmount = (): void => {
      this.#unmounts.delete(unmount);
      unroute();
    };
    this.#unmounts.add(unmount);
    return unmount;
  }

  #serverOnUpgrade(upgrade: Upgrade): void {
    const { socket } = upgrade;
    // Before anything else: without a listener a reset would end the process.
    socket.on('error', socketOnError);
    if (socket.destroyed) return;
    this.#sockets.set(socket, undefined);
    socket.on('close', this.#socketOnClose);
    try {
      this.#upgrade(upgrade);
    } catch (error) {
      this.#options.onError(error);
      this.#refuse(socket, BAD_REQUEST);
    }
  }

  #leave(socket: Socket): void {
    this.#sockets.get(socket)?.release();
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#socketsGone?.();
  }

  #upgrade({ request, socket, head, headerCount }: Upgrade): void {
    const { method, url, headers, rawHeaders } = request;
    // Names and values: Node drops what is over its limit from `headers`, and nobody is told.
    if (rawHeaders.length > headerCount * 2) return this.#refuse(socket, TOO_MANY_HEADERS);
    const peer = socket.remoteAddress ?? '';
    const client = this.#proxies.resolve({ peer, isEncrypted: 'encrypted' in socket, headers });
    if (client.isForwardingIgnored) {
      this.#warn(
        'forwarded',
        `"${client.address}" sent forwarded headers, which do not count: it is not in the option ` +
          '"trustedProxies"; list it if it is a proxy of yours',
      );
    }
    const { observation } = this.#options;
    const decision = decideUpgrade({ method, url, headers, client }, this.#policy);
    if (decision.outcome === 'refuse') {
      tellRefusal(observation, client, decision.refusal);
      return this.#refuse(socket, decision.refusal);
    }
    const refusal = this.#options.refusal?.();
    if (refusal !== undefined) {
      tellRefusal(observation, client, refusal);
      return this.#refuse(socket, refusal);
    }
    const place = this.#admission.admit(client.address);
    if (!(place instanceof Place)) {
      tellRefusal(observation, client, place);
      return this.#refuse(socket, place);
    }
    if (decision.outcome === 'close') tellRefusal(observation, client, decision.close);
    this.#sockets.set(socket, place);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const { runtime, limits, onError } = this.#options;
      const takesPacked = decision.outcome === 'accept' && decision.takesPacked;
      const options = { webSocket, socket, runtime, limits, onError, takesPacked, place };
      const transport = new WsTransport(options);
      wireTransport(webSocket, socket, transport);
      this.#open(transport, decision);
    });
  }

  #open(transport: WsTransport, decision: Exclude<UpgradeDecision, { outcome: 'refuse' }>): void {
    if (decision.outcome === 'close') return transport.close(decision.close);
    try {
      transport.open(this.#options.accept(transport, decision.info));
    } catch (error) {
      this.#options.onError(error);
      transport.abort();
    }
  }

  #refuse(socket: Socket, refusal: Refusal): void {
    refuse(socket, refusal, this.#options.runtime);
  }

  /** Says once what a person should look into. */
  #warn(subject: string, text: string): void {
    if (this.#warned.has(subject)) return;
    this.#warned.add(subject);
    this.#options.onError(Object.assign(new Error(text), { name: 'Warning' }));
  }
}

function createWebSocketServer(
  limits: ServerLimits,
  { spoken, offered }: UpgradePolicy,
): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    // Pongs are written by the transport: the library ends a connection where ours drops them.
    autoPong: false,
    maxPayload: bound(limits.batchBytes),
    maxFragments: bound(limits.fragments),
    maxBufferedChunks: bound(limits.bufferedChunks),
    handleProtocols: (_protocols, { headers }) => {
      const negotiation = negotiate(headers['sec-websocket-protocol'], spoken, offered);
      return negotiation.outcome === 'refuse' ? false : negotiation.name;
    },
  });
}

function bound(limit: number): number {
  return Math.min(limit, MAX_COUNT);
}

/** A reset is noticed by the end of the socket; it is nobody's fault here. */
function socketOnError(): void {}

import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Runtime } from '@trunkline/protocol';
import { refuse } from './refusal.js';

/** Takes over the socket of an upgrade request. Must not throw. */
type TakeUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

/** Where upgrades of a path go. */
export interface UpgradeRoute {
  /** Compared with the path of the request as it stands; `undefined` for every other path. */
  readonly path: string | undefined;
  readonly take: TakeUpgrade;
  readonly runtime: Runtime;
}

/** One router for each HTTP server: two listeners could not tell who answers for the rest. */
const routers = new WeakMap<Server | SecureServer, UpgradeRouter>();

/**
 * Sends upgrades of a path to a taker until the function that it gives is called. Other paths are
 * left to other listeners; when there are none they get 404. Throws a TypeError for a path that
 * cannot match, and for one that is taken.
 */
export function routeUpgrades(server: Server | SecureServer, route: UpgradeRoute): () => void {
  const { path } = route;
  if (path !== undefined && (!path.startsWith('/') || /[?#]/.test(path))) {
    throw new TypeError(`path "${path}" is not valid: expected one as "/trunkline"`);
  }
  const router = routers.get(server) ?? new UpgradeRouter(server);
  return router.add(route);
}

class UpgradeRouter {
  readonly #server: Server | SecureServer;
  readonly #routes = new Map<string | undefined, UpgradeRoute>();

  constructor(server: Server | SecureServer) {
    this.#server = server;
  }

  add(route: UpgradeRoute): () => void {
    const { path } = route;
    if (this.#routes.has(path)) {
      throw new TypeError(`path "${path ?? 'any'}" of this HTTP server is already taken`);
    }
    if (this.#routes.size === 0) {
      routers.set(this.#server, this);
      this.#server.on('upgrade', this.#serverOnUpgrade);
    }
    this.#routes.set(path, route);
    return () => this.#remove(route);
  }

  #remove(route: UpgradeRoute): void {
    if (this.#routes.get(route.path) !== route) return;
    this.#routes.delete(route.path);
    if (this.#routes.size > 0) return;
    this.#server.off('upgrade', this.#serverOnUpgrade);
    routers.delete(this.#server);
  }

  readonly #serverOnUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // The socket of the connection; only its declared type is wider.
    const socket = stream as Socket;
    const route = this.#routes.get(pathOf(request.url ?? '/')) ?? this.#routes.get(undefined);
    if (route !== undefined) return route.take(request, socket, head);
    if (this.#server.listenerCount('upgrade') > 1) return;
    const [{ runtime }] = [...this.#routes.values()] as [UpgradeRoute];
    refuse(socket, { status: 404, message: 'nothing is served here' }, runtime);
  };
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

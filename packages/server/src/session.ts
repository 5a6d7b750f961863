import type { PublishId, Runtime } from '@trunkline/protocol';
import type { User } from './app.js';
import type { BoundProcedure } from './bound-procedure.js';
import type { ConnectionInfo, SessionInfo } from './context.js';
import type { ServerLimits } from './limits.js';
import { TokenBucket } from './token-bucket.js';

/** Who a client is, as `authenticate` says it. */
export interface Identity {
  /** Stable id of who is signed in. */
  readonly principal: string;
  /** The application's own object for it. */
  readonly user: User;
  /** When the authentication ends. */
  readonly expiresAt?: Date;
}

/** What a session is made from. */
export interface SessionOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly identity: Identity | undefined;
  readonly connection: ConnectionInfo;
}

/** The conversation with one client: who it is, what it has bound, and what it may still do. */
export class Session implements SessionInfo {
  readonly id: string;
  readonly connection: ConnectionInfo;
  readonly identity: Identity | undefined;
  readonly bound: BoundProcedure[] = [];
  /** Cancels, and calls that were refused by the client's own fault. */
  readonly faults: TokenBucket;
  readonly publishes: TokenBucket;
  readonly subscribes: TokenBucket;
  #publisher: string | undefined;

  constructor({ runtime, limits, identity, connection }: SessionOptions) {
    this.id = toHex(runtime.randomBytes(16));
    this.connection = connection;
    this.identity = identity;
    this.faults = new TokenBucket(runtime, {
      perSecond: limits.faultRate,
      burst: limits.faultBurst,
    });
    this.publishes = new TokenBucket(runtime, {
      perSecond: limits.publishRate,
      burst: limits.publishBurst,
    });
    this.subscribes = new TokenBucket(runtime, {
      perSecond: limits.subscribeRate,
      burst: limits.subscribeBurst,
    });
  }

  /** Gives the publisher that the client's publish ids name: the first one, from then on. */
  publisherOf(publishId: PublishId): string {
    return (this.#publisher ??= publishId.publisher);
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

import type { PublishId, Runtime } from '@trunkline/protocol';
import type { User } from './routes/app.js';
import type { BoundProcedure } from './routes/bound-procedure.js';
import type { ConnectionInfo, SessionInfo } from './routes/context.js';
import type { ServerLimits } from './limits/limits.js';
import { TokenBucket } from './token-bucket.js';

/** Who a client is, as `authenticate` says it. */
export interface Identity {
  /** Stable id of who is signed in. */
  readonly principal: string;
  /** The application's own object for it. */
  readonly user: User;
  /** When the authentication ends: from then on nothing is done for the client. */
  readonly expiresAt?: Date;
}

/** What a session is made from. */
export interface SessionOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly identity: Identity | undefined;
  readonly connection: ConnectionInfo;
  /** That of a session that goes on; a new one otherwise. */
  readonly id: string | undefined;
}

/** The conversation with one client: who it is, what it has bound, and what it may still do. */
export class Session implements SessionInfo {
  readonly id: string;
  /** How the client reached the server last. */
  connection: ConnectionInfo;
  /** As `authenticate` gave it last. */
  identity: Identity | undefined;
  readonly bound: BoundProcedure[] = [];
  readonly #runtime: Runtime;
  readonly #limits: ServerLimits;
  #faults: TokenBucket | undefined;
  #refusals: TokenBucket | undefined;
  #publishes: TokenBucket | undefined;
  #subscribes: TokenBucket | undefined;
  #publisher: string | undefined;

  constructor({ runtime, limits, identity, connection, id }: SessionOptions) {
    this.id = id ?? Buffer.from(runtime.randomBytes(16)).toString('hex');
    this.connection = connection;
    this.identity = identity;
    this.#runtime = runtime;
    this.#limits = limits;
  }

  /** Cancels, and calls that were refused by the client's own fault. */
  get faults(): TokenBucket {
    const { faultRate, faultBurst } = this.#limits;
    return (this.#faults ??= this.#bucket(faultRate, faultBurst));
  }

  /** Calls that came too fast and are no faults yet: as many of them as of faults. */
  get refusals(): TokenBucket {
    const { faultRate, faultBurst } = this.#limits;
    return (this.#refusals ??= this.#bucket(faultRate, faultBurst));
  }

  get publishes(): TokenBucket {
    const { publishRate, publishBurst } = this.#limits;
    return (this.#publishes ??= this.#bucket(publishRate, publishBurst));
  }

  get subscribes(): TokenBucket {
    const { subscribeRate, subscribeBurst } = this.#limits;
    return (this.#subscribes ??= this.#bucket(subscribeRate, subscribeBurst));
  }

  /** Gives the publisher that the client's publish ids name: the first one, from then on. */
  publisherOf(publishId: PublishId): string {
    return (this.#publisher ??= publishId.publisher);
  }

  /** Not made before something is taken from it: until then it is full. */
  #bucket(perSecond: number, burst: number): TokenBucket {
    return new TokenBucket(this.#runtime, { perSecond, burst });
  }
}

/** Tells whether an authentication has ended, by the wall clock. */
export function hasExpired(identity: Identity | undefined, runtime: Runtime): boolean {
  const expiresAt = identity?.expiresAt;
  return expiresAt !== undefined && expiresAt.getTime() <= runtime.wallNow();
}

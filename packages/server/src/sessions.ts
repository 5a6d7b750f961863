import { createHash, timingSafeEqual } from 'node:crypto';
import type { GoneMessage, Runtime, Timer } from '@trunkline/protocol';
import type { ServerLimits } from './limits/limits.js';

/** Why a session has ended, as GONE says it. */
export type EndReason = Exclude<GoneMessage['reason'], 'unknown'>;

/** What ends sessions without a connection when there are too many, or too much waits for them. */
export type DetachedLimit = 'principalDetached' | 'detachedSessions' | 'detachedBytes';

/** A session as the table of sessions sees it. */
export interface KnownSession {
  readonly id: string;
  /** Empty where the client does not resume sessions. */
  readonly secretHash: string;
  /** Who is signed in; `undefined` for nobody. */
  readonly principal: string | undefined;
  /** The highest number that was accepted. */
  readonly rx: number;
  /** Bytes that wait for the client. */
  readonly heldBytes: number;
  /** Ends it; the table is told. */
  end(reason: EndReason): void;
  /** Ends it as expired, to make room; the table is told. */
  crowdOut(limit: DetachedLimit): void;
}

/** What is left of a session that has ended. */
export interface Tombstone {
  readonly reason: EndReason;
  readonly rx: number;
  readonly secretHash: string;
  readonly endedAt: number;
}

/** What a table of sessions keeps to. */
export interface SessionsOptions {
  readonly runtime: Runtime;
  readonly limits: Pick<
    ServerLimits,
    | 'detachedMs'
    | 'detachedSessions'
    | 'detachedBytes'
    | 'principalDetached'
    | 'tombstones'
    | 'tombstoneMs'
  >;
}

interface Detached {
  readonly timer: Timer;
  bytes: number;
}

const SECRET_BYTES = 32;
const NO_HASH = Buffer.alloc(SECRET_BYTES).toString('latin1');

/** All sessions of a node, and what is remembered of those that have ended. */
export class Sessions<Live extends KnownSession> {
  readonly #options: SessionsOptions;
  readonly #live = new Map<string, Live>();
  /** In the order of their detaching. */
  readonly #detached = new Map<Live, Detached>();
  readonly #principals = new Map<string, Set<Live>>();
  /** In the order of their ends. */
  readonly #tombstones = new Map<string, Tombstone>();
  #detachedBytes = 0;

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** All that have not ended. */
  get all(): Iterable<Live> {
    return this.#live.values();
  }

  /** Sessions without a connection. */
  get detached(): number {
    return this.#detached.size;
  }

  /** Makes a secret, and what is kept of it. */
  createSecret(): { readonly secret: Uint8Array; readonly hash: string } {
    const secret = this.#options.runtime.randomBytes(SECRET_BYTES);
    return { secret, hash: hashOf(secret) };
  }

  /** Takes in a new session. */
  add(session: Live): void {
    this.#live.set(session.id, session);
  }

  /** Finds a session by its secret. Which of id and secret is wrong cannot be told, nor timed. */
  find(id: string, secret: Uint8Array): Live | Tombstone | undefined {
    this.#bury();
    const found = this.#live.get(id) ?? this.#tombstones.get(id);
    const isRight = isSecret(secret, found?.secretHash || NO_HASH);
    return isRight ? found : undefined;
  }

  /** A session has lost its connection: it lives on for a while, as far as there is room. */
  detach(session: Live): void {
    const { runtime, limits } = this.#options;
    const timer = runtime.startTimer(limits.detachedMs, () => session.end('expired'));
    this.#detached.set(session, { timer, bytes: 0 });
    const { principal } = session;
    if (principal !== undefined) {
      const others = this.#principals.get(principal) ?? new Set();
      this.#principals.set(principal, others.add(session));
      if (others.size > limits.principalDetached) this.#endOldest(others, 'principalDetached');
    }
    if (this.#detached.size > limits.detachedSessions) {
      this.#endOldest(this.#detached.keys(), 'detachedSessions');
    }
    this.weigh(session);
  }

  /** A session has a connection again. */
  attach(session: Live): void {
    const detached = this.#detached.get(session);
    if (detached === undefined) return;
    detached.timer.cancel();
    this.#detached.delete(session);
    this.#detachedBytes -= detached.bytes;
    const { principal } = session;
    if (principal === undefined) return;
    const others = this.#principals.get(principal);
    others?.delete(session);
    if (others?.size === 0) this.#principals.delete(principal);
  }

  /** More may wait for a session without a connection; the oldest ones end when it is too much. */
  weigh(session: Live): void {
    const detached = this.#detached.get(session);
    if (detached === undefined) return;
    const { heldBytes } = session;
    this.#detachedBytes += heldBytes - detached.bytes;
    detached.bytes = heldBytes;
    const { detachedBytes } = this.#options.limits;
    while (this.#detachedBytes > detachedBytes && this.#detached.size > 0) {
      this.#endOldest(this.#detached.keys(), 'detachedBytes');
    }
  }

  /** A session has ended. What is remembered of it, its client is told when it comes back. */
  ended(session: Live, reason: EndReason | undefined): void {
    this.attach(session);
    if (!this.#live.delete(session.id) || reason === undefined) return;
    const { id, rx, secretHash } = session;
    const endedAt = this.#options.runtime.now();
    this.#tombstones.set(id, { reason, rx, secretHash, endedAt });
    this.#bury();
  }

  /** Ends all sessions. */
  close(): void {
    for (const session of this.#live.values()) session.end('drained');
    this.#tombstones.clear();
  }

  #endOldest(sessions: Iterable<Live>, limit: DetachedLimit): void {
    for (const oldest of sessions) {
      // It may be ending already, and then its code may send for others, which are weighed.
      this.attach(oldest);
      return oldest.crowdOut(limit);
    }
  }

  /** Forgets tombstones that are too old or too many. */
  #bury(): void {
    const { runtime, limits } = this.#options;
    const oldest = runtime.now() - limits.tombstoneMs;
    for (const [id, { endedAt }] of this.#tombstones) {
      if (endedAt > oldest && this.#tombstones.size <= limits.tombstones) return;
      this.#tombstones.delete(id);
    }
  }
}

/** As text, which takes less memory than a buffer. */
function hashOf(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest().toString('latin1');
}

function isSecret(secret: Uint8Array, hash: string): boolean {
  const given = Buffer.from(hashOf(secret), 'latin1');
  return timingSafeEqual(given, Buffer.from(hash, 'latin1'));
}

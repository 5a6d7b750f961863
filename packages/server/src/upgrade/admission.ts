import type { Runtime, Timer } from '@trunkline/protocol';
import type { ServerLimits } from '../limits/limits.js';
import { TokenBucket } from '../token-bucket.js';
import { addressGroup, isLocalAddress } from './address.js';
import type { Refusal } from './refusal.js';

/** What is counted of a node or of one address. */
interface SocketCount {
  sockets: number;
  pending: number;
}

interface AddressCount extends SocketCount {
  readonly bucket: TokenBucket;
}

/** After a refusal for a count; it falls when others leave, which nobody can foresee. */
const COUNT_RETRY_S = 5;

const MAX_RETRY_S = 3_600;

/** How often addresses without sockets are looked at, to forget those whose rate is whole again. */
const SWEEP_MS = 5_000;

const NODE_IS_FULL: Refusal = { status: 503, message: 'too many connections' };
const NODE_IS_BUSY: Refusal = { status: 503, message: 'too many new connections' };
const ADDRESS_IS_FULL: Refusal = { status: 429, message: 'too many connections of this address' };
const ADDRESS_IS_BUSY: Refusal = {
  status: 429,
  message: 'too many new connections of this address',
};

/** The place of one socket among all; both methods may be called more than once. */
export class Place {
  readonly #node: SocketCount;
  /** `undefined` where the address does not count. */
  readonly #address: AddressCount | undefined;
  readonly #idle: () => void;
  #isPending = true;
  #isHeld = true;

  /** `idle` is called when its address has no other socket any more. */
  constructor(node: SocketCount, address: AddressCount | undefined, idle: () => void) {
    this.#node = node;
    this.#address = address;
    this.#idle = idle;
    node.sockets++;
    node.pending++;
    if (address === undefined) return;
    address.sockets++;
    address.pending++;
  }

  /** Frees the place among those that are not yet authenticated. */
  authenticated(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#node.pending--;
    if (this.#address !== undefined) this.#address.pending--;
  }

  /** Frees the place altogether: the socket is gone. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.authenticated();
    this.#node.sockets--;
    if (this.#address === undefined) return;
    this.#address.sockets--;
    if (this.#address.sockets === 0) this.#idle();
  }
}

/** Counts the sockets of the node and of each address, and refuses those over a limit. */
export class Admission {
  readonly #runtime: Runtime;
  readonly #limits: ServerLimits;
  readonly #node: SocketCount = { sockets: 0, pending: 0 };
  readonly #bucket: TokenBucket;
  readonly #addresses = new Map<string, AddressCount>();
  #sweepTimer: Timer | undefined;

  constructor(runtime: Runtime, limits: ServerLimits) {
    this.#runtime = runtime;
    this.#limits = limits;
    const { socketRate, socketBurst } = limits;
    this.#bucket = new TokenBucket(runtime, { perSecond: socketRate, burst: socketBurst });
  }

  /** Sockets that are open, and how many of them are not yet authenticated. */
  get count(): Readonly<SocketCount> {
    return this.#node;
  }

  /** Addresses that are remembered. */
  get addresses(): number {
    return this.#addresses.size;
  }

  /** Gives a new socket of an address its place, or says how to refuse it. */
  admit(address: string): Place | Refusal {
    const { sockets, socketsPending } = this.#limits;
    if (this.#node.sockets >= sockets || this.#node.pending >= socketsPending) {
      const limit = this.#node.sockets >= sockets ? 'sockets' : 'socketsPending';
      return refusal(NODE_IS_FULL, COUNT_RETRY_S, limit);
    }
    const waitMs = this.#bucket.waitMs;
    if (waitMs > 0) return refusal(NODE_IS_BUSY, waitMs / 1000, 'socketRate');
    if (isLocalAddress(address)) return this.#take(undefined);
    return this.#admitAddress(addressGroup(address));
  }

  /** Forgets all addresses: nobody will be admitted any more. */
  stop(): void {
    this.#sweepTimer?.cancel();
    this.#addresses.clear();
  }

  /** The node's limits have room: an address over its own must not cost the others anything. */
  #admitAddress(group: string): Place | Refusal {
    const { addressSockets, addressPending, addressRate, addressBurst } = this.#limits;
    const rate = { perSecond: addressRate, burst: addressBurst };
    const count = this.#addresses.get(group) ?? {
      sockets: 0,
      pending: 0,
      bucket: new TokenBucket(this.#runtime, rate),
    };
    if (count.sockets >= addressSockets || count.pending >= addressPending) {
      const limit = count.sockets >= addressSockets ? 'addressSockets' : 'addressPending';
      return refusal(ADDRESS_IS_FULL, COUNT_RETRY_S, limit);
    }
    if (!count.bucket.take()) {
      const waitMs = count.bucket.waitMs;
      return refusal(ADDRESS_IS_BUSY, waitMs / 1000, 'addressRate');
    }
    this.#addresses.set(group, count);
    return this.#take(count);
  }

  #take(count: AddressCount | undefined): Place {
    this.#bucket.take();
    return new Place(this.#node, count, this.#sweepSoon);
  }

  readonly #sweepSoon = (): void => {
    if (this.#sweepTimer !== undefined) return;
    this.#sweepTimer = this.#runtime.startTimer(SWEEP_MS, () => {
      this.#sweepTimer = undefined;
      this.#sweep();
    });
  };

  /** An address is remembered until its rate is whole, or reconnecting would make it so. */
  #sweep(): void {
    let isAnyIdle = false;
    for (const [group, count] of this.#addresses) {
      if (count.sockets > 0) continue;
      if (count.bucket.isFull) this.#addresses.delete(group);
      else isAnyIdle = true;
    }
    if (isAnyIdle) this.#sweepSoon();
  }
}

function refusal(why: Refusal, retryAfterSeconds: number, limit: string): Refusal {
  const seconds = Math.min(Math.max(1, Math.ceil(retryAfterSeconds)), MAX_RETRY_S);
  return { ...why, headers: { 'retry-after': String(seconds) }, limit };
}

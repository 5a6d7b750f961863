import { callRateOf, type CallRate } from '@trunkline/contract/codecs';
import type { Runtime, Timer } from '@trunkline/protocol';
import type { ServerLimits } from '../limits/limits.js';
import type { Route, Service } from '../routes/route.js';
import type { Session } from '../session.js';
import { TokenBucket } from '../token-bucket.js';

/** What call rates are made from. */
export interface CallRatesOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly services: readonly Service[];
}

/** Tokens that a call takes of a bucket, and what its caller is told when they are not there. */
export interface Charge {
  readonly bucket: TokenBucket;
  readonly tokens: number;
  readonly text: string;
  /** Name of the limit, or `rate` for that of the contract. */
  readonly limit: string;
}

/** What the contract says that calling a route takes. */
interface Price {
  readonly rate: CallRate | undefined;
  readonly cost: number;
}

/** What one caller has used: of all calls, and of each route with a rate of its own. */
interface Caller {
  calls: TokenBucket | undefined;
  readonly routes: Map<Route, TokenBucket>;
}

const UNPRICED: Price = { rate: undefined, cost: 1 };

/** How often principals are looked through for those who have all of their tokens again. */
const SWEEP_MS = 5_000;
/** Of them at once: a few milliseconds. */
const SWEEP_CALLERS = 10_000;

/**
 * How often each caller may call. A caller is a principal, with all of its sessions, so that another
 * connection is no way around it; where nobody is signed in, it is the session. A principal is
 * forgotten when all of its buckets are full again, since new ones would be the same.
 */
export class CallRates {
  readonly #runtime: Runtime;
  readonly #limits: ServerLimits;
  readonly #prices: ReadonlyMap<Route, Price>;
  readonly #principals = new Map<string, Caller>();
  readonly #sessions = new WeakMap<Session, Caller>();
  #sweep: Timer | undefined;
  #sweeping: Iterator<[string, Caller]> | undefined;

  private constructor(options: CallRatesOptions, prices: ReadonlyMap<Route, Price>) {
    this.#runtime = options.runtime;
    this.#limits = options.limits;
    this.#prices = prices;
  }

  /**
   * Makes the rates of a server; `undefined` where no call has one. Throws a TypeError that names
   * what costs more than anybody may ever have.
   */
  static of(options: CallRatesOptions): CallRates | undefined {
    const { callRate, callBurst } = options.limits;
    const prices = pricesOf(options.services);
    const tooDear = [...prices].filter(([, { cost }]) => callRate > 0 && cost > callBurst);
    if (tooDear.length > 0) {
      const costs = tooDear.map(([{ name }, { cost }]) => `"${name}" costs ${cost}`).join(', ');
      throw new TypeError(
        `${costs}: expected at most the limit callBurst, which is "${callBurst}"`,
      );
    }
    const hasRates = callRate > 0 || [...prices.values()].some(({ rate }) => rate !== undefined);
    return hasRates ? new CallRates(options, prices) : undefined;
  }

  /** Principals that are remembered. */
  get size(): number {
    return this.#principals.size;
  }

  /** What one call of a route takes: each of these, or it does not start. */
  chargesOf(session: Session, route: Route): Charge[] {
    const { callRate, callBurst } = this.#limits;
    const { rate, cost } = this.#prices.get(route) ?? UNPRICED;
    const charges: Charge[] = [];
    const isCounted = callRate > 0 && cost > 0;
    if (rate === undefined && !isCounted) return charges;
    const caller = this.#callerOf(session);
    if (rate !== undefined) {
      const bucket = caller.routes.get(route) ?? new TokenBucket(this.#runtime, rate);
      caller.routes.set(route, bucket);
      const text = `"${route.name}" is called too often`;
      charges.push({ bucket, tokens: 1, text, limit: 'rate' });
    }
    if (isCounted) {
      const limit = { perSecond: callRate, burst: callBurst };
      const bucket = (caller.calls ??= new TokenBucket(this.#runtime, limit));
      charges.push({ bucket, tokens: cost, text: 'too many calls', limit: 'callRate' });
    }
    return charges;
  }

  /** Forgets everybody. Idempotent. */
  close(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
    this.#sweeping = undefined;
    this.#principals.clear();
  }

  #callerOf(session: Session): Caller {
    const principal = session.identity?.principal;
    if (principal === undefined) {
      const caller = this.#sessions.get(session) ?? newCaller();
      this.#sessions.set(session, caller);
      return caller;
    }
    const known = this.#principals.get(principal);
    if (known !== undefined) return known;
    const caller = newCaller();
    this.#principals.set(principal, caller);
    if (this.#principals.size > this.#limits.rateCallers) {
      for (const [oldest] of this.#principals) {
        this.#principals.delete(oldest);
        break;
      }
    }
    this.#sweepLater();
    return caller;
  }

  #sweepLater(): void {
    this.#sweep ??= this.#runtime.startTimer(SWEEP_MS, () => {
      this.#sweep = undefined;
      this.#forgetFull();
      if (this.#principals.size > 0) this.#sweepLater();
    });
  }

  /** Goes on where it stopped the last time; what is new comes later. */
  #forgetFull(): void {
    const sweeping = (this.#sweeping ??= this.#principals.entries());
    for (let count = 0; count < SWEEP_CALLERS; count++) {
      const next = sweeping.next();
      if (next.done === true) {
        this.#sweeping = undefined;
        return;
      }
      const [principal, caller] = next.value;
      if (isFull(caller)) this.#principals.delete(principal);
    }
  }
}

/** What the contracts say; routes that take nothing special are left out. */
function pricesOf(services: readonly Service[]): Map<Route, Price> {
  const prices = new Map<Route, Price>();
  for (const route of services.flatMap(({ routes }) => routes)) {
    const { rate, cost = 1 } = route.definition;
    if (rate !== undefined || cost !== 1) prices.set(route, { rate: callRateOf(rate), cost });
  }
  return prices;
}

function newCaller(): Caller {
  return { calls: undefined, routes: new Map() };
}

function isFull({ calls, routes }: Caller): boolean {
  return (calls?.isFull ?? true) && [...routes.values()].every((bucket) => bucket.isFull);
}

import type { Broker, Runtime } from '@trunkline/protocol';
import type { SessionClosed, SessionOpened } from './routes/context.js';
import type { ServerFailure } from './failure.js';
import type { Authenticate } from './guards/gatekeeper.js';
import type { Around } from './routes/guard.js';
import type { ServerLimits } from './limits/limits.js';
import type { LeakOptions } from './leak-watch.js';
import { assertObservers } from './observe/assert-observers.js';
import type { Observer } from './observe/observer.js';
import { refuseUnknown } from './refuse-unknown.js';
import type { MakeScope } from './request-context.js';
import type { ServerTracer } from './tracing/server-tracer.js';

/** What a server is made from. */
export interface ServerOptions extends Partial<Around> {
  /** Implemented contracts: what `implement()` gave, and instances of decorated classes. */
  readonly services: readonly object[];
  /** Makes instances of decorated classes that are listed in `services`: a container's hook. */
  readonly resolve?: (token: new (...args: never[]) => object) => object;
  /** Says who a client is; leave it out only together with `anonymous: true`. */
  readonly authenticate?: Authenticate;
  /** Everybody is let in, as nobody. */
  readonly anonymous?: true;
  /** Makes what `context.scope` is, once for each call that asks for it. */
  readonly scope?: MakeScope;
  /** Carries topics; the memory broker of this server when left out. */
  readonly broker?: Broker;
  /** Overrides of default limits, by name; `server.limits` lists them all. */
  readonly limits?: Partial<ServerLimits>;
  /** Origins of pages that may connect beside the server's own: `https://*.example.com` or 'any'. */
  readonly origins?: readonly string[] | 'any';
  /** Networks of proxies whose forwarded headers are believed, such as `10.0.0.0/8`. */
  readonly trustedProxies?: readonly string[];
  /** Hands the `cookie` header to `authenticate`; pages must then name their origin. */
  readonly cookies?: boolean;
  /** `false` sends and takes superjson alone, which people can read; packed unless given. */
  readonly packed?: boolean;
  /** Told of every failure that clients are not told of; writes to stderr when left out. */
  readonly onError?: (failure: ServerFailure) => void;
  /** Told of each client that was let in, when its session is open. */
  readonly onOpen?: (opened: SessionOpened) => void;
  /** Told of the end of each session that `onOpen` was told of, and how its connection ended. */
  readonly onClose?: (closed: SessionClosed) => void;
  /**
   * Reports handlers and generators that go on after their end, as they ignore their signal: for
   * development. Nothing is watched unless it is given; `true` prints a line for each, after 5 s.
   */
  readonly leaks?: true | LeakOptions;
  /** Gives requests, publishes and deliveries their spans; nothing is traced without it. */
  readonly tracer?: ServerTracer;
  /** Told at boot which guards cover which procedure, as a table to print. */
  readonly onCoverage?: (table: string) => void;
  /** Told of what the server does, call by call: logs, metrics, traces. */
  readonly observers?: readonly Observer[];
  /** Clock, timers and randomness; the machine's when left out. */
  readonly runtime?: Runtime;
}

/** Every option, so that a misspelled one is found: a missing `origins` would open a door. */
const OPTIONS: { readonly [Name in keyof Required<ServerOptions>]: true } = {
  services: true,
  resolve: true,
  authenticate: true,
  anonymous: true,
  scope: true,
  broker: true,
  limits: true,
  origins: true,
  trustedProxies: true,
  cookies: true,
  packed: true,
  onError: true,
  onOpen: true,
  onClose: true,
  leaks: true,
  tracer: true,
  onCoverage: true,
  observers: true,
  runtime: true,
  guards: true,
  interceptors: true,
  errorMappers: true,
};

/** Throws a TypeError for an option that does not exist, and for `services` that are no list. */
export function assertOptions(options: ServerOptions): void {
  refuseUnknown('unknown option', options, Object.keys(OPTIONS));
  const { packed } = options;
  if (packed !== undefined && typeof packed !== 'boolean') {
    throw new TypeError(`option "packed" must be true or false, not "${typeof packed}"`);
  }
  assertLeaks(options.leaks);
  assertTracer(options.tracer);
  assertObservers(options.observers);
  if (Array.isArray(options.services)) return;
  throw new TypeError(
    'option "services" must be a list: what implement() gave, or instances of decorated classes',
  );
}

function assertLeaks(leaks: unknown): void {
  if (leaks === undefined || leaks === true) return;
  const { afterMs = 0, report } = Object(leaks) as { afterMs?: unknown; report?: unknown };
  const isFitting =
    typeof leaks === 'object' &&
    Number(afterMs) >= 0 &&
    (report === undefined || typeof report === 'function');
  if (isFitting) return;
  throw new TypeError(
    'option "leaks" must be true, or an object with "afterMs", milliseconds, and "report", a function',
  );
}

function assertTracer(tracer: unknown): void {
  if (tracer === undefined) return;
  const { start, serve } = Object(tracer) as { start?: unknown; serve?: unknown };
  if (typeof start === 'function' && typeof serve === 'function') return;
  throw new TypeError('option "tracer" must be an object with the methods "start" and "serve"');
}

/** How rights are taken back. */
export interface RevokeOptions {
  readonly final?: boolean | undefined;
}

/** Throws a TypeError for what cannot be revoked: rights of nobody, or for a misread `final`. */
export function assertRevocation(principal: unknown, options: RevokeOptions): void {
  refuseUnknown('revoke: unknown option', options, ['final']);
  const { final: isFinal = false } = options;
  if (typeof principal !== 'string' || principal === '') {
    throw new TypeError(
      `revoke needs a principal: a string that is not empty, not "${typeof principal}"`,
    );
  }
  if (typeof isFinal === 'boolean') return;
  throw new TypeError(`option "final" of revoke must be true or false, not "${typeof isFinal}"`);
}

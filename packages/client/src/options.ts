import type {
  ContractShape,
  Dial,
  Revision,
  Runtime,
  ServiceShape,
  Tracer,
} from '@trunkline/protocol';
import type { ReconnectOptions } from './connection/backoff.js';
import { checkDeadlineMs } from './calls/call-port.js';
import { CLIENT_LIMITS, type ClientLimits } from './connection/client-limits.js';
import { guardHook, reportError, type ErrorHook } from './connection/error-hook.js';
import { refuseUnknown } from './connection/refuse-unknown.js';
import type { Served } from './serving/serving.js';
import type { SourceLeakOptions } from './calls/source-watch.js';
import type { AuthOption } from './connection/token-source.js';

/** Generated clients by the names that they get. */
export type Services = Readonly<Record<string, ServiceShape>>;

/** Contracts by the names that their clients get. */
export type Contracts = Readonly<Record<string, ContractShape>>;

/** What `connect` is given. At least one service or contract must be there. */
export interface ClientOptions<
  ServicesOption extends Services = Services,
  ContractsOption extends Contracts = Contracts,
> {
  /** Generated clients, by the names that they get on the client. */
  readonly services?: ServicesOption;
  /** Contracts whose clients are inferred, by the names that they get on the client. */
  readonly contracts?: ContractsOption;
  /** Handlers of what the server calls: `[serve(ChatClient, { confirm })]`. */
  readonly handlers?: readonly Served[];
  /** The token of the user, or what gives one: asked before each connection, and again before the token ends. */
  readonly auth?: AuthOption;
  /** Deadline of calls that have none by option or contract; 30 s unless given, `null` for none. */
  readonly deadlineMs?: number | null;
  /** Limits of this client that differ from the defaults. */
  readonly limits?: Partial<ClientLimits>;
  /** Shortest and longest delay before connecting again; 250 ms and 20 s unless given. */
  readonly reconnect?: Partial<ReconnectOptions>;
  /** Told of what listeners throw and `auth` fails with; else the platform reports it. */
  readonly onError?: ErrorHook;
  /**
   * Reports sources of items that go on after their end, for development. Nothing is watched unless
   * it is given; `true` prints a line for each, after 5 s.
   */
  readonly leaks?: true | SourceLeakOptions;
  /** Gives each call, stream and publish a span, whose trace context travels with it. */
  readonly tracer?: Tracer;
  /** `false` sends and takes superjson alone, which people can read; packed unless given. */
  readonly packed?: boolean;
  /** Name and version of the program, for the server's eyes; at most 64 bytes. */
  readonly agent?: string;
  /** Clock, timers and random source; the machine's unless given. */
  readonly runtime?: Runtime;
  /** Opens connections; the platform's WebSocket unless given. */
  readonly dial?: Dial;
}

/** Checked options with every default filled in. */
export interface ResolvedOptions {
  /** Shapes by the names that their clients get. */
  readonly shapes: ReadonlyMap<string, ContractShape>;
  readonly revisions: readonly Revision[];
  readonly auth: AuthOption | undefined;
  readonly deadlineMs: number | undefined;
  readonly limits: ClientLimits;
  readonly reconnect: ReconnectOptions;
  readonly onError: ErrorHook;
  readonly agent: string;
  readonly packed: boolean;
  readonly handlers: readonly Served[];
}

const OPTION_NAMES: readonly string[] = [
  'services',
  'contracts',
  'handlers',
  'auth',
  'deadlineMs',
  'limits',
  'reconnect',
  'onError',
  'leaks',
  'agent',
  'packed',
  'tracer',
  'runtime',
  'dial',
];
const TAKEN_NAMES: readonly string[] = ['close', 'connection', 'then'];
const DEFAULT_DEADLINE_MS = 30_000;
const DEFAULT_RECONNECT: ReconnectOptions = { minMs: 250, maxMs: 20_000 };
const MAX_AGENT_BYTES = 64;
const MAX_TOKEN_BYTES = 4_096;
const MAX_CONTRACTS = 64;
/** What HELLO has room for beside the longest token. */
const MAX_REVISION_BYTES = 3_900;

/** Checks options and fills in defaults. Throws a TypeError that names the option and the rule. */
export function resolveOptions(options: ClientOptions): ResolvedOptions {
  check(
    typeof options === 'object' && options !== null,
    'connect needs options with services or contracts',
  );
  refuseUnknown('unknown option', options, OPTION_NAMES);
  const {
    auth,
    agent = '',
    packed = true,
    onError,
    leaks,
    deadlineMs = DEFAULT_DEADLINE_MS,
  } = options;
  const { handlers = [] } = options;
  check(
    auth === undefined || typeof auth === 'string' || typeof auth === 'function',
    `option "auth" must be a string or a function, not "${typeof auth}"`,
  );
  check(
    typeof auth !== 'string' || byteLength(auth) <= MAX_TOKEN_BYTES,
    `option "auth" must be a token of at most ${MAX_TOKEN_BYTES} bytes`,
  );
  check(
    onError === undefined || typeof onError === 'function',
    `option "onError" must be a function, not "${typeof onError}"`,
  );
  check(
    typeof agent === 'string' && byteLength(agent) <= MAX_AGENT_BYTES,
    `option "agent" must be a string of at most ${MAX_AGENT_BYTES} bytes, not "${agent}"`,
  );
  check(
    typeof packed === 'boolean',
    `option "packed" must be true or false, not "${typeof packed}"`,
  );
  check(
    options.tracer === undefined || typeof options.tracer?.start === 'function',
    'option "tracer" must be an object with a method "start"',
  );
  check(
    leaks === undefined || leaks === true || (typeof leaks === 'object' && leaks !== null),
    `option "leaks" must be true or an object, not "${typeof leaks}"`,
  );
  check(
    Array.isArray(handlers) && handlers.every(({ calls }) => calls instanceof Map),
    'option "handlers" must be an array of what serve() gives',
  );
  const shapes = resolveShapes(options);
  return {
    shapes,
    revisions: revisionsOf(shapes),
    auth,
    deadlineMs: checkDeadlineMs(deadlineMs),
    limits: resolveLimits(options.limits),
    reconnect: resolveReconnect(options.reconnect),
    onError: guardHook(onError ?? reportError),
    agent,
    packed,
    handlers,
  };
}

/** Checks an address. Throws a TypeError that says how to mend it. */
export function checkUrl(url: string): void {
  const parsed = parseUrl(url);
  check(
    (parsed?.protocol === 'ws:' || parsed?.protocol === 'wss:') && parsed.hash === '',
    `url must be an absolute address with ws: or wss: and without "#", not "${url}"`,
  );
}

function parseUrl(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

function resolveShapes({ services = {}, contracts = {} }: ClientOptions) {
  const shapes = new Map<string, ContractShape>();
  for (const [option, given] of Object.entries({ services, contracts })) {
    check(
      typeof given === 'object' && given !== null && !Array.isArray(given),
      `option "${option}" must be an object of them by name, as { chat }`,
    );
    for (const [name, shape] of Object.entries(given)) {
      const place = `option "${option}.${name}"`;
      check(!TAKEN_NAMES.includes(name), `${place}: the client itself needs this name`);
      check(!shapes.has(name), `${place}: the name stands in "services" already`);
      check(
        isShape(shape),
        `${place} must be a generated client or a contract: an object with name, revision, members`,
      );
      shapes.set(name, shape);
    }
  }
  check(shapes.size > 0, 'options "services" and "contracts": at least one must name a contract');
  check(
    shapes.size <= MAX_CONTRACTS,
    `options "services" and "contracts": at most ${MAX_CONTRACTS} in all, not "${shapes.size}"`,
  );
  return shapes;
}

function isShape(shape: unknown): shape is ContractShape {
  if (typeof shape !== 'object' || shape === null) return false;
  const { name, revision, members } = shape as { [Name in keyof ContractShape]?: unknown };
  if (typeof name !== 'string' || typeof revision !== 'string') return false;
  return /^[0-9a-f]{16}$/.test(revision) && typeof members === 'object' && members !== null;
}

function revisionsOf(shapes: ReadonlyMap<string, ContractShape>): Revision[] {
  const revisions = new Map<string, Revision>();
  for (const { name, revision } of shapes.values()) revisions.set(name, { name, revision });
  const bytes = [...revisions.keys()].reduce((sum, name) => sum + byteLength(name) + 10, 0);
  check(
    bytes <= MAX_REVISION_BYTES,
    'options "services" and "contracts": too many or too long names for one HELLO',
  );
  return [...revisions.values()];
}

function resolveLimits(limits: Partial<ClientLimits> = {}): ClientLimits {
  refuseUnknown('unknown limit', limits, Object.keys(CLIENT_LIMITS));
  for (const [name, value] of Object.entries(limits)) {
    check(
      value === undefined || (Number.isSafeInteger(value) && value > 0),
      `limit "${name}" must be a whole number from 1, not "${value}"`,
    );
  }
  return { ...CLIENT_LIMITS, ...defined(limits) };
}

function resolveReconnect(reconnect: Partial<ReconnectOptions> = {}): ReconnectOptions {
  refuseUnknown('unknown option "reconnect"', reconnect, ['minMs', 'maxMs']);
  const { minMs, maxMs } = { ...DEFAULT_RECONNECT, ...defined(reconnect) };
  check(
    minMs > 0 && maxMs >= minMs && Number.isFinite(maxMs),
    `option "reconnect" must have 0 < minMs <= maxMs, not minMs "${minMs}" and maxMs "${maxMs}"`,
  );
  return { minMs, maxMs };
}

function defined<Part extends object>(part: Part): Part {
  return Object.fromEntries(Object.entries(part).filter(([, v]) => v !== undefined)) as Part;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(message);
}

import { validate } from '@trunkline/contract';
import { type ProcedureCodecs } from '@trunkline/contract/codecs';
import {
  CLIENT_DECODE_LIMITS,
  ENCODING,
  isErrorCode,
  locate,
  TrunklineError,
  type ErrorCode,
  type ErrorMessage,
  type Executed,
  type Payload,
  type Runtime,
  type TrunklineErrorOptions,
} from '@trunkline/protocol';
import { encodePayload } from '@trunkline/protocol/superjson';
import { isPromise } from './chain.js';
import { encodeFor } from './encode-for.js';
import { firstIssue } from './first-issue.js';
import { FIXED_LIMITS } from './limits/fixed-limits.js';
import { isTopicRoute, type Route } from './routes/route.js';

/** Something that the client is not told about, for the server's `onError`. */
export interface ServerFailure {
  readonly error: unknown;
  /** Where it happened: a procedure, a topic, or a part of the server. */
  readonly where: string;
  /** The id that the client was given in place of the error. */
  readonly id?: string;
}

/** Reports a failure to the application. Never throws. */
export type ReportFailure = (failure: ServerFailure) => void;

const NOTHING: Payload = { encoding: ENCODING.NONE, bytes: new Uint8Array(0) };
const MAX_MESSAGE_BYTES = FIXED_LIMITS.errorTextBytes.value;
/** More than the issues of an INVALID_INPUT may have, with what is around them. */
const MAX_DATA_BYTES = FIXED_LIMITS.errorDataBytes.value;
const MAX_RETRY_MS = Number.MAX_SAFE_INTEGER;

/** Framework codes that a handler may answer with itself; any other becomes INTERNAL. */
const PASSED: ReadonlySet<string> = new Set<ErrorCode>([
  'INVALID_INPUT',
  'UNAUTHENTICATED',
  'DENIED',
  'NOT_FOUND',
  'TOO_LARGE',
  'BUSY',
  'RATE',
  'UNAVAILABLE',
]);

/** Errors that this package made itself, with the limit that was met: they cross as they stand. */
const OWN = new WeakMap<object, string | undefined>();

/** The limits that messages tell of. */
const LIMITS = new WeakMap<object, string>();

/** Gives the name of the limit that a message tells of; `undefined` for most. */
export function limitOf(message: object): string | undefined {
  return LIMITS.get(message);
}

/** Notes the limit that a message tells of. */
export function noteLimit<Told extends object>(message: Told, limit: string | undefined): Told {
  if (limit !== undefined) LIMITS.set(message, limit);
  return message;
}

/** Makes an error of the framework that crosses to the client with its data. */
export function ownError(
  code: ErrorCode,
  message: string,
  options: {
    data?: unknown;
    executed: Executed;
    retryAfterMs?: number;
    /** Name of the limit that was met, for observers. */
    limit?: string;
  },
): TrunklineError {
  const { limit, ...about } = options;
  const error = new TrunklineError(code, message, about);
  OWN.set(error, limit);
  return error;
}

/** Errors for who called from within the server: what they say is about the server's own data. */
const LOCAL = new WeakSet<object>();

/** Makes an error that never crosses, however it is thrown on: the client gets INTERNAL. */
export function localError(
  code: string,
  message: string,
  options: TrunklineErrorOptions<unknown>,
): TrunklineError {
  const error = new TrunklineError(code, message, options);
  LOCAL.add(error);
  return error;
}

/** As `locate`, of what never crosses. */
export function locateLocal(error: TrunklineError, where: string): TrunklineError {
  const located = locate(error, where);
  LOCAL.add(located);
  return located;
}

/** Where a failure comes from, and who is told of it. */
export interface FailureSource {
  readonly route: Route | undefined;
  /** Pack the data of declared errors; `undefined` where the client has other layouts. */
  readonly codecs?: ProcedureCodecs['errors'] | undefined;
  readonly runtime: Runtime;
  readonly report: ReportFailure;
  /** What holds unless the error is our own and says otherwise. */
  readonly executed: Executed;
}

/**
 * Turns what was thrown into the ERROR for the client. Only declared errors and a few codes of the
 * framework cross; of anything else the client gets INTERNAL and an id, and the application all.
 */
export function toErrorMessage(id: number, error: unknown, source: FailureSource): ErrorMessage {
  try {
    return classify(id, error, source);
  } catch (cause) {
    // What was thrown is anything, also a proxy that throws or data that cannot be carried.
    return internal(id, new TypeError('what was thrown cannot be sent', { cause }), source);
  }
}

function classify(id: number, error: unknown, source: FailureSource): ErrorMessage {
  if (!(error instanceof TrunklineError) || LOCAL.has(error)) return internal(id, error, source);
  if (OWN.has(error)) {
    const { data, executed = source.executed } = error;
    return noteLimit(encode(id, error, { data, executed }), OWN.get(error));
  }
  const data = declaredData(error, source.route);
  if (data !== undefined) {
    return data.ok
      ? declared(id, error, { data: data.value, source })
      : internal(id, new TypeError(data.fault, { cause: error }), source);
  }
  if (PASSED.has(error.code))
    return encode(id, error, { data: undefined, executed: source.executed });
  return internal(id, undeclared(error, source.route), source);
}

/** Of what a handler threw: codes of the framework tell of something else that failed. */
function undeclared(error: TrunklineError, route: Route | undefined): Error {
  if (route === undefined || isTopicRoute(route) || isErrorCode(error.code)) return error;
  const codes = Object.keys(route.definition.errors);
  const expected = codes.length === 0 ? 'it declares no errors' : `expected ${codes.join(', ')}`;
  const text = `"${error.code}" is not declared by ${route.name}: ${expected}`;
  return new TypeError(text, { cause: error });
}

type Declared = { ok: true; value: unknown } | { ok: false; fault: string };

function declaredData(error: TrunklineError, route: Route | undefined): Declared | undefined {
  if (route === undefined || isTopicRoute(route) || isErrorCode(error.code)) return undefined;
  const schema = Object.hasOwn(route.definition.errors, error.code)
    ? route.definition.errors[error.code]
    : undefined;
  if (schema === undefined) return undefined;
  const ofCode = `data of "${error.code}"`;
  const parsed = validate(schema, error.data);
  // Data of an error is there when it is thrown; a schema that has to wait for something is a fault.
  if (isPromise(parsed)) return { ok: false, fault: `${ofCode} may not wait for a promise` };
  if (parsed.ok) return parsed;
  return { ok: false, fault: `${ofCode} does not fit its schema${firstIssue(parsed.issues)}` };
}

function internal(
  id: number,
  error: unknown,
  { runtime, report, route, executed }: FailureSource,
): ErrorMessage {
  const token = Array.from(runtime.randomBytes(6), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  report({ error, where: route?.name ?? 'dispatcher', id: token });
  return {
    kind: 'ERROR',
    id,
    executed,
    code: 'INTERNAL',
    message: `internal error ${token}`,
    ...NOTHING,
  };
}

function declared(
  id: number,
  error: TrunklineError,
  { data, source }: { data: unknown; source: FailureSource },
): ErrorMessage {
  const { codecs, executed } = source;
  const codec = codecs && Object.hasOwn(codecs, error.code) ? codecs[error.code] : undefined;
  const message = encode(id, error, { data: undefined, executed });
  return { ...message, ...small(encodeFor(codec, data), error.code) };
}

function encode(
  id: number,
  error: TrunklineError,
  { data, executed }: { data: unknown; executed: Executed },
): ErrorMessage {
  const payload =
    data === undefined ? NOTHING : small(encodePayload(data, CLIENT_DECODE_LIMITS), error.code);
  const message: ErrorMessage = {
    kind: 'ERROR',
    id,
    executed,
    code: error.code,
    message: cutText(error.message, MAX_MESSAGE_BYTES),
    ...payload,
  };
  const { retryAfterMs } = error;
  if (retryAfterMs === undefined || !Number.isFinite(retryAfterMs)) return message;
  return {
    ...message,
    retryAfterMs: Math.min(Math.max(0, Math.round(retryAfterMs)), MAX_RETRY_MS),
  };
}

function small(payload: Payload, code: string): Payload {
  if (payload.bytes.length <= MAX_DATA_BYTES) return payload;
  throw new TypeError(
    `data of "${code}" has more than ${MAX_DATA_BYTES} bytes: errors carry small values`,
  );
}

/** Cuts a text so that its UTF-8 has at most `maxBytes` bytes. */
function cutText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const cut = Buffer.from(text).subarray(0, maxBytes).toString('utf8');
  return cut.replace(/\uFFFD+$/, '');
}

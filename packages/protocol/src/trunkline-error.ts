import type { ErrorCode } from './error-code.js';

/**
 * Whether the handler of a failed call ran. `no` is a proof, `yes` is the callee's word, and
 * `unknown` is everything else after a byte was written.
 */
export type Executed = 'no' | 'unknown' | 'yes';

/** What may be said beside code and message of an error. */
export interface TrunklineErrorOptions<Data> {
  /** Typed data of a declared error, or of a framework error that has some. */
  readonly data?: Data;
  readonly executed?: Executed;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What failed: a procedure or a topic, such as `chat.post`. Never reaches the wire. */
  readonly where?: string;
  /** The original failure; stays in this process and never reaches the wire. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for('@trunkline/error');

/**
 * The one error class of Trunkline. `code` is a framework code or one that the contract declares.
 * Two copies of this package recognise each other's errors.
 */
export class TrunklineError<Code extends string = string, Data = unknown> extends Error {
  override readonly name = 'TrunklineError';
  readonly code: Code;
  readonly data: Data;
  readonly executed: Executed | undefined;
  readonly retryAfterMs: number | undefined;
  /** The procedure or topic that failed, such as `chat.post`, where that is known. */
  readonly where: string | undefined;

  constructor(code: Code, message: string, options: TrunklineErrorOptions<Data> = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.data = options.data as Data;
    this.executed = options.executed;
    this.retryAfterMs = options.retryAfterMs;
    this.where = options.where;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass inherits this method, and its instances carry no brand of their own.
    if (this !== TrunklineError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/**
 * Gives an error that says which procedure or topic failed, in its text too. One that knows it already
 * is given back as it is, unless `executed` differs.
 */
export function locate(
  error: TrunklineError,
  where: string,
  executed: Executed | undefined = error.executed,
): TrunklineError {
  const isLocated = error.where !== undefined;
  if (isLocated && executed === error.executed) return error;
  const { code, data, retryAfterMs } = error;
  return new TrunklineError(code, isLocated ? error.message : `${where}: ${error.message}`, {
    where: error.where ?? where,
    ...(data !== undefined && { data }),
    ...(executed !== undefined && { executed }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...('cause' in error && { cause: error.cause }),
  });
}

/** One thing that is wrong with a value. */
export interface InputIssue {
  /** Keys and indexes from the value down. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What kind of fault it is, such as `invalid_type`. */
  readonly code: string;
}

/** Data of `INVALID_INPUT`: at most 16 issues; `truncated` when there were more. */
export interface InvalidInput {
  readonly issues: readonly InputIssue[];
  readonly truncated?: boolean;
}

/** Data of `STREAM_LOST`: where to begin again. */
export interface StreamLost {
  /** How many items had come: the index of the first one that is missing. */
  readonly items: number;
}

/** An error of Trunkline's own codes. Few have data, and these not always. */
export type FrameworkError =
  | TrunklineError<'INVALID_INPUT', InvalidInput | undefined>
  | TrunklineError<'STREAM_LOST', StreamLost | undefined>
  | TrunklineError<Exclude<ErrorCode, 'INVALID_INPUT' | 'STREAM_LOST'>, unknown>;

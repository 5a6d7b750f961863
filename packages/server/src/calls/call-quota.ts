import {
  ENCODING,
  type CallMessage,
  type ErrorCode,
  type RefusedMessage,
  type Runtime,
  type TrunklineError,
} from '@trunkline/protocol';
import type { CallLink } from './call-link.js';
import { ownError } from '../failure.js';
import type { ItemQueue } from './item-queue.js';
import type { ServerLimits } from '../limits/limits.js';
import { isIdempotent, isStreamRoute, isTopicRoute, type Route } from '../routes/route.js';
import type { BoundProcedure } from '../routes/bound-procedure.js';
import type { CallRates, Charge } from './call-rates.js';
import type { Session } from '../session.js';
import { UpCredit } from './up-credit.js';

/** What a quota is made from. */
export interface CallQuotaOptions {
  readonly session: Session;
  readonly limits: ServerLimits;
  readonly runtime: Runtime;
  /** `undefined` where no call has a rate. */
  readonly rates: CallRates | undefined;
  readonly link: Pick<CallLink, 'waitingBytes' | 'heardAt'>;
}

/** What a handler that runs takes up. */
export interface Slot {
  readonly isStream: boolean;
  /** Of its input, as `costOf` says it. */
  readonly cost: number;
  /** What its caller sends beside. */
  readonly items: ItemQueue | undefined;
}

/** Why a value that came in chunks is not taken. */
export const REFUSALS: Readonly<Record<RefusedMessage['code'], string>> = {
  TOO_LARGE: 'the value is too large, or did not come to its end',
  BUSY: 'too many large values are coming',
  CANCELLED: 'the caller withdrew',
};

/**
 * As many times of what may be in flight may be answered in one turn, in several batches. A turn can
 * be long enough for a client to have its answers and to send the next calls: those are no flood.
 */
const TURN_CALLS = 4;
const VALUE_COST = 48;
/** An array of packed numbers is one byte and eight or sixteen in memory for each. */
const PACKED_COST = 16;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** What one client may have running: handlers, streams, and what their inputs cost. */
export class CallQuota {
  readonly #options: CallQuotaOptions;
  /** Handlers that run, also those whose caller has left. */
  #running = 0;
  #entered = 0;
  /** Calls that were answered at once, in the turn that is still going on. */
  #answeredInTurn = 0;
  /** Of those, the ones of the batch that came at this time. */
  #answeredInBatch = 0;
  #answeredAt = -1;
  #streams = 0;
  #inputCost = 0;
  #upCredit: UpCredit | undefined;

  constructor(options: CallQuotaOptions) {
    this.#options = options;
  }

  /** How many handlers run. */
  get running(): number {
    return this.#running;
  }

  /** How many handlers there were, so far. */
  get entered(): number {
    return this.#entered;
  }

  /** What the callers of streams may send, of all streams together. */
  get upCredit(): UpCredit {
    return (this.#upCredit ??= new UpCredit(this.#options.runtime, this.#options.limits));
  }

  /** What the inputs of running handlers cost, in bytes. */
  get inputCost(): number {
    return this.#inputCost;
  }

  /** Says why a call may not start, with `executed: 'no'`; `undefined` when it may. */
  refusal(call: CallMessage, bound: BoundProcedure): TrunklineError | undefined {
    if (bound.route === undefined) return no('NOT_FOUND', 'the server has no such procedure');
    if (isUnreadable(call, bound)) {
      return no('LAYOUT', 'what is sent is packed with another layout than that of the server');
    }
    if (call.idempotencyKey !== undefined && !isIdempotent(bound.route)) {
      return no('UNAVAILABLE', 'results of this procedure are not kept by idempotency keys');
    }
    const maxBytes = this.maxInputBytes(bound.route);
    if (call.bytes.length > maxBytes) {
      const text = `the input has ${call.bytes.length} bytes: at most ${maxBytes} are taken`;
      return no('TOO_LARGE', `${text}, limit "valueInBytes" or "maxInputBytes"`, 'valueInBytes');
    }
    if (call.deadlineMs === 0) return no('DEADLINE', 'the deadline had passed');
    return this.#busy(call, bound) ?? this.#publisherRefusal(call, bound) ?? this.#rated(bound);
  }

  /** Counts a handler that has started; `leave` it once when the handler is done. */
  enter(slot: Slot): void {
    this.#running++;
    this.#entered++;
    if (slot.isStream) this.#streams++;
    this.#inputCost += slot.cost;
  }

  leave(slot: Slot): void {
    this.#running--;
    if (slot.isStream) this.#streams--;
    this.#inputCost -= slot.cost;
    if (slot.items !== undefined) this.upCredit.close(slot.items);
  }

  /** Counts a call that was answered at once: one batch must not hold thousands of them. */
  noteAnswered(): void {
    const { heardAt } = this.#options.link;
    if (heardAt !== this.#answeredAt) this.#answeredInBatch = 0;
    this.#answeredAt = heardAt;
    this.#answeredInBatch++;
    if (this.#answeredInTurn++ > 0) return;
    this.#options.runtime.endOfTurn(() => {
      this.#answeredInTurn = 0;
      this.#answeredInBatch = 0;
    });
  }

  /** The most bytes of an input of this route, and of each item to it. */
  maxInputBytes(route: Route): number {
    const { limits } = this.#options;
    const wanted = isTopicRoute(route) ? undefined : route.definition.maxInputBytes;
    return wanted ?? limits.valueInBytes;
  }

  #busy(call: CallMessage, { route }: BoundProcedure): TrunklineError | undefined {
    const { limits, link } = this.#options;
    const { callsInFlight } = limits;
    const inBatch = link.heardAt === this.#answeredAt ? this.#answeredInBatch : 0;
    const inTurn = this.#running + this.#answeredInTurn;
    if (this.#running + inBatch >= callsInFlight || inTurn >= callsInFlight * TURN_CALLS) {
      return no('BUSY', 'too many calls are running', 'callsInFlight');
    }
    if (link.waitingBytes > limits.heldBytes) {
      return no('BUSY', 'too many results are waiting', 'heldBytes');
    }
    if (this.#inputCost > 0 && this.#inputCost + costOf(call, limits.values) > limits.inputCost) {
      return no('BUSY', 'the inputs of running calls are too large', 'inputCost');
    }
    if (route === undefined || !isStreamRoute(route)) return undefined;
    if (this.#streams >= limits.streams) return no('BUSY', 'too many streams', 'streams');
    const isFull = route.definition.up !== undefined && !this.upCredit.hasRoom();
    const text = 'too many items may be on their way';
    return isFull ? no('BUSY', text, 'upCreditSessionBytes') : undefined;
  }

  /** Brokers remember each publisher, so a client must not be as many of them as it likes. */
  #publisherRefusal(
    { publishId }: CallMessage,
    { kind }: BoundProcedure,
  ): TrunklineError | undefined {
    const { session } = this.#options;
    if (kind !== 'publish') return undefined;
    if (publishId !== undefined && session.publisherOf(publishId) !== publishId.publisher) {
      const text = `one publisher per session: "${session.publisherOf(publishId)}" in this one`;
      return no('INVALID_INPUT', text);
    }
    return undefined;
  }

  /** Looked at last: what does not start for another reason costs its caller nothing. */
  #rated({ route, kind }: BoundProcedure): TrunklineError | undefined {
    const { session, rates } = this.#options;
    if (route === undefined || (rates === undefined && kind !== 'publish')) return undefined;
    const charges = rates?.chargesOf(session, route) ?? [];
    if (kind === 'publish') {
      const about = { text: 'too many publishes', limit: 'publishRate' };
      charges.push({ bucket: session.publishes, tokens: 1, ...about });
    }
    return take(charges);
  }
}

/** Takes all that a call costs, or nothing: then the error says when all of it will be there. */
function take(charges: readonly Charge[]): TrunklineError | undefined {
  let retryAfterMs = 0;
  let missing: Charge | undefined;
  for (const charge of charges) {
    const waitMs = charge.bucket.waitFor(charge.tokens);
    if (waitMs <= retryAfterMs) continue;
    retryAfterMs = waitMs;
    missing = charge;
  }
  if (missing !== undefined) {
    const { text, limit } = missing;
    return ownError('RATE', text, { executed: 'no', retryAfterMs, limit });
  }
  for (const { bucket, tokens } of charges) bucket.take(tokens);
  return undefined;
}

function no(code: ErrorCode, text: string, limit?: string): TrunklineError {
  return ownError(code, text, { executed: 'no', ...(limit !== undefined && { limit }) });
}

/** Whether the input, or the items that will follow, are packed in a way that is not known here. */
function isUnreadable({ encoding }: CallMessage, bound: BoundProcedure): boolean {
  const { sent, publish, hasForeignItems } = bound;
  if (encoding === ENCODING.PACKED) return sent === undefined && publish === undefined;
  return hasForeignItems && encoding !== ENCODING.SUPERJSON;
}

/**
 * What an input costs while its handler runs: an empty array is two bytes and a whole object. No
 * payload has more values than `mostValues`.
 */
export function costOf({ encoding, bytes }: CallMessage, mostValues: number): number {
  if (encoding === ENCODING.PACKED) {
    const body = bytes.length - textBytes(bytes);
    return bytes.length + Math.min(body * PACKED_COST, mostValues * VALUE_COST) + VALUE_COST;
  }
  if (encoding !== ENCODING.SUPERJSON) return bytes.length + VALUE_COST;
  let values = 1;
  for (const byte of bytes) if (byte === COMMA || byte === BRACKET || byte === BRACE) values++;
  return bytes.length + values * VALUE_COST;
}

/** The texts of a packed value: the first number says how many bytes they are. */
function textBytes(bytes: Uint8Array): number {
  let size = 0;
  let scale = 1;
  for (const byte of bytes) {
    size += (byte & 127) * scale;
    if (byte < 128 || size > bytes.length) break;
    scale *= 128;
  }
  return Math.min(size, bytes.length);
}

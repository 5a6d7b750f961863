import type { ExtFields } from './ext.js';
import type { ProcedureKind } from './message.js';

/** A place in a trace, as the headers `traceparent` and `tracestate` of the W3C say it. */
export interface TraceContext {
  readonly traceParent: string;
  readonly traceState?: string;
}

/** Why a piece of work failed, as far as its caller is told. */
export interface TraceFailure {
  /** A code of the framework, or one that the contract declares. */
  readonly code: string;
  readonly message: string;
}

/** One piece of work in a trace, from its start to its end. */
export interface TraceSpan {
  /** What travels with the work, so that others go on with the trace; nothing if left out. */
  readonly context?: TraceContext | undefined;
  /** It has ended; `failure` is missing when it went well. Called once. */
  end(failure?: TraceFailure): void;
}

/** Gives a span to each call, stream and publish that starts, and to what is received. */
export interface Tracer {
  /**
   * Called when one starts, in the turn in which it was asked for. What it gives is the same for all
   * tries of a call; `undefined` leaves it untraced.
   */
  start(kind: ProcedureKind, name: string): TraceSpan | undefined;
  /**
   * Called when a client has received a topic message that says where its publish stands in a
   * trace; the span ends when all subscribers of the client have been given it.
   */
  receive?(topic: string, trace: TraceContext): TraceSpan | undefined;
}

/**
 * Reads where a call stands in a trace, by the rules of the W3C. A `traceparent` that is malformed
 * counts as none, and a `tracestate` that is malformed is left out.
 */
export function readTraceContext(
  from: Pick<ExtFields, 'traceParent' | 'traceState'>,
): TraceContext | undefined {
  const { traceParent, traceState } = from;
  if (traceParent === undefined || traceParent.length > MAX_PARENT) return undefined;
  if (!PARENT.test(traceParent)) return undefined;
  if (!traceState || traceState.length > MAX_STATE || !STATE.test(traceState)) {
    return { traceParent };
  }
  return { traceParent, traceState };
}

const MAX_PARENT = 64;
const MAX_STATE = 512;

/** Version 00 ends with its flags; a later one may go on after a dash. No id is all zeros. */
const PARENT =
  /^(?!ff|00.{54})[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-[ -~]*)?$/;

/** At most 32 pairs of key and value, of which some may be empty. */
const STATE =
  /^[\t ]*(?:[\da-z][\d_a-z\-*/@]{0,255}=[ -+\--<>-~]*)?(?:,[\t ]*(?:[\da-z][\d_a-z\-*/@]{0,255}=[ -+\--<>-~]*)?){0,31}$/;

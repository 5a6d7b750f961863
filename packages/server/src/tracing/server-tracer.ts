import type { ProcedureKind, TraceContext, Tracer, TraceSpan } from '@trunkline/protocol';
import type { SessionInfo } from '../routes/context.js';

/** A call, stream or publish of a client, as it comes in. */
export interface ServedRequest {
  readonly kind: ProcedureKind;
  /** `contract.procedure`, or `contract.topic` of a publish. */
  readonly name: string;
  /** What its caller sent along, if it is well-formed. Any client can make up any of it. */
  readonly trace: TraceContext | undefined;
  readonly session: SessionInfo;
}

/** The span of a request: from its start to its answer, or to its end without one. */
export interface ServedSpan extends TraceSpan {
  /** Calls a function once, at once, so that what it traces becomes part of this span. */
  run(code: () => void): void;
}

/** A topic message on its way to those who are subscribed at this node. */
export interface Delivery {
  /** `contract.topic`. */
  readonly topic: string;
  /** Of its publish. */
  readonly trace: TraceContext;
  readonly subscribers: number;
}

/**
 * Traces requests of clients, publishes, and deliveries of topic messages. A delivery is one for all
 * who are subscribed at a node. What a tracer throws is reported, and changes nothing.
 */
export interface ServerTracer extends Tracer {
  /** A request has come and was not refused; `undefined` leaves it untraced. */
  serve(request: ServedRequest): ServedSpan | undefined;
  /**
   * Whether clients are told where the publish of a topic message stands in a trace: about 60 bytes
   * in each message. They are not unless it is `true`.
   */
  readonly tellsClients?: boolean;
  /** A topic message whose publish was traced goes out; called before it does. */
  deliver?(delivery: Delivery): TraceSpan | undefined;
}

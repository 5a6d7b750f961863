import { SpanStatusCode, type Attributes, type Span } from '@opentelemetry/api';
import type { ProcedureKind, TraceFailure } from '@trunkline/protocol';

const SYSTEM = 'trunkline';

/** Says of a call, stream or publish what it is: `chat.post` is `post` of the service `chat`. */
export function requestAttributes(kind: ProcedureKind, name: string): Attributes {
  const known = REQUESTS.get(name);
  // A member of a contract is of one kind, but two contracts may have the name of one.
  if (known?.['trunkline.kind'] === kind) return known;
  const attributes = describeRequest(kind, name);
  REQUESTS.set(name, attributes);
  return attributes;
}

/** Names are those of contracts, so they are few. */
const REQUESTS = new Map<string, Attributes>();

function describeRequest(kind: ProcedureKind, name: string): Attributes {
  const dot = name.lastIndexOf('.');
  return {
    'rpc.system': SYSTEM,
    'rpc.service': name.slice(0, Math.max(dot, 0)),
    'rpc.method': name.slice(dot + 1),
    'trunkline.kind': kind,
  };
}

/** Says of a span what it does with the messages of a topic. */
export function topicAttributes(
  operation: 'publish' | 'deliver' | 'receive',
  topic: string,
): Attributes {
  return {
    'messaging.system': SYSTEM,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation === 'publish' ? 'send' : 'process',
    'messaging.destination.name': topic,
  };
}

/** Codes that say that the callee failed; others are its answer to what the caller did. */
const FAULTS: ReadonlySet<string> = new Set([
  'INTERNAL',
  'DEADLINE',
  'OVERLOADED',
  'STREAM_LOST',
  'UNAVAILABLE',
]);

/** Ends the span of who asked: whatever fails is its error. */
export function endAsked(span: Span, failure: TraceFailure | undefined): void {
  if (failure !== undefined) fail(span, failure, true);
  span.end();
}

/** Ends the span of who answers: what the caller did wrong is no error of it. */
export function endAnswered(span: Span, failure: TraceFailure | undefined): void {
  if (failure !== undefined) fail(span, failure, FAULTS.has(failure.code));
  span.end();
}

/** Messages stay out of it: those of declared errors are the application's, with what it puts in. */
function fail(span: Span, { code }: TraceFailure, isError: boolean): void {
  span.setAttribute('trunkline.code', code);
  if (!isError) return;
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

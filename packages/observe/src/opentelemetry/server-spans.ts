import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Attributes,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import type { TraceContext } from '@trunkline/protocol';
import type { ServerOptions } from '@trunkline/server';
import { endAnswered, endAsked, requestAttributes, topicAttributes } from './span-attributes.js';
import { remoteContext, spanContextOf, traceContextOf } from './span-context.js';
import { tracerOf, type ServerTraceOptions } from './trace-options.js';

type ServerTracer = NonNullable<ServerOptions['tracer']>;

/**
 * Traces what a server does: `createServer({ tracer: traceServer() })`. Each request of a client has
 * a span in which its guards and its handler run, each publish has one, and each topic message one
 * for its delivery at a node. Publishers of the server's own are given it too:
 * `createTopics(contract, broker, { tracer })`.
 */
export function traceServer(options: ServerTraceOptions = {}): ServerTracer {
  const tracer = tracerOf(options);
  const { trust = true, tellsClients = false } = options;
  return {
    tellsClients,
    start: (kind, name) => startAsked(tracer, kind, name),
    serve: ({ kind, name, trace: sent, session }) => {
      const known = requestAttributes(kind, name);
      const attributes = { ...known, 'trunkline.session': session.id };
      const span = startServed(tracer, name, { attributes, sent, trust });
      const inside = trace.setSpan(ROOT_CONTEXT, span);
      return {
        run: (code) => context.with(inside, code),
        end: (failure) => endAnswered(span, failure),
      };
    },
    deliver: ({ topic, trace: published, subscribers }) => {
      const from = spanContextOf(published);
      const attributes = {
        ...topicAttributes('deliver', topic),
        'trunkline.subscribers': subscribers,
      };
      const span = tracer.startSpan(
        `deliver ${topic}`,
        { kind: SpanKind.CONSUMER, attributes, links: [{ context: from }] },
        remoteContext(from),
      );
      return { end: (failure) => endAsked(span, failure) };
    },
  };
}

function startAsked(tracer: Tracer, kind: Parameters<ServerTracer['start']>[0], name: string) {
  const isPublish = kind === 'publish';
  const options: SpanOptions = isPublish
    ? { kind: SpanKind.PRODUCER, attributes: topicAttributes('publish', name) }
    : { kind: SpanKind.CLIENT, attributes: requestAttributes(kind, name) };
  const title = isPublish ? `publish ${name}` : name;
  const span = tracer.startSpan(title, options, context.active());
  return {
    context: traceContextOf(span),
    end: (failure?: { readonly code: string; readonly message: string }) => endAsked(span, failure),
  };
}

/** Nothing of what is active counts: a socket is opened in the context of its upgrade. */
function startServed(
  tracer: Tracer,
  name: string,
  about: {
    readonly attributes: Attributes;
    readonly sent: TraceContext | undefined;
    readonly trust: boolean;
  },
): Span {
  const { attributes, sent, trust } = about;
  const options: SpanOptions = { kind: SpanKind.SERVER, attributes };
  if (sent === undefined) return tracer.startSpan(name, options, ROOT_CONTEXT);
  const remote = spanContextOf(sent);
  if (trust) return tracer.startSpan(name, options, remoteContext(remote));
  return tracer.startSpan(name, { ...options, links: [{ context: remote }] }, ROOT_CONTEXT);
}

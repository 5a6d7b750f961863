import { AsyncLocalStorage } from 'node:async_hooks';
import type { ServerOptions } from '@trunkline/server';

type ServerTracer = NonNullable<ServerOptions['tracer']>;
type ServedRequest = Parameters<ServerTracer['serve']>[0];
type ServedSpan = NonNullable<ReturnType<ServerTracer['serve']>>;
type Delivery = Parameters<NonNullable<ServerTracer['deliver']>>[0];
type Kind = Parameters<ServerTracer['start']>[0];

const TRACE = '0af7651916cd43dd8448eb211c80319c';

/** What was traced of one piece of work. */
export interface RecordedSpan {
  readonly id: string;
  /** Who works on what: `client call chat.post`. */
  readonly what: string;
  /** Id of the span that it belongs to. */
  readonly parent: string | undefined;
  /** One for each time that it ended: a code, or `ok`. */
  readonly ends: string[];
}

/** A tracer for clients, servers and publishers that remembers all spans of one trace. */
export class RecordingTracer implements ServerTracer {
  readonly spans: RecordedSpan[] = [];
  readonly #active = new AsyncLocalStorage<RecordedSpan>();
  readonly #who: string;

  /** `who` is whose calls it starts; a tracer made by `sharedBy` writes into the same list. */
  constructor(who = 'server', shared?: RecordingTracer) {
    this.#who = who;
    if (shared === undefined) return;
    this.spans = shared.spans;
    this.#active = shared.#active;
  }

  /** What runs here and now belongs to it. */
  get active(): RecordedSpan | undefined {
    return this.#active.getStore();
  }

  /** Spans that have not ended. */
  get open(): RecordedSpan[] {
    return this.spans.filter(({ ends }) => ends.length === 0);
  }

  /** One line for each span: what, its parent and how it ended. */
  get lines(): string[] {
    return this.spans.map(({ what, parent, ends }) => {
      const above = this.spans.find(({ id }) => id === parent)?.what ?? parent ?? 'nobody';
      return `${what} < ${above}: ${ends.join() || 'open'}`;
    });
  }

  start(kind: Kind, name: string): ServedSpan {
    return this.#begin(`${this.#who} ${kind} ${name}`, this.active?.id);
  }

  serve({ kind, name, trace }: ServedRequest): ServedSpan {
    return this.#begin(`served ${kind} ${name}`, trace?.traceParent.split('-')[2]);
  }

  receive(topic: string, { traceParent }: Delivery['trace']): ServedSpan {
    return this.#begin(`receive ${topic}`, traceParent.split('-')[2]);
  }

  deliver({ topic, trace, subscribers }: Delivery): ServedSpan {
    return this.#begin(`deliver ${topic} to ${subscribers}`, trace.traceParent.split('-')[2]);
  }

  #begin(what: string, parent: string | undefined): ServedSpan {
    const id = (this.spans.length + 1).toString(16).padStart(16, '0');
    const span: RecordedSpan = { id, what, parent, ends: [] };
    this.spans.push(span);
    return {
      context: { traceParent: `00-${TRACE}-${id}-01`, traceState: 'test=1' },
      run: (code) => this.#active.run(span, code),
      end: (failure) => span.ends.push(failure?.code ?? 'ok'),
    };
  }
}

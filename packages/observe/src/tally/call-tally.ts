import type { Observed } from '@trunkline/server/operations';
import type { LabelledValue } from './counts.js';
import { Duration, type LabelledDuration } from './durations.js';

type CallEnded = Observed<'callEnded'>;

/** What all calls of one procedure have come to. */
class ProcedureTally {
  readonly codes = new Map<string, number>();
  readonly outcomes = new Map<string, number>();
  readonly all = new Duration();
  readonly handler = new Duration();
  bytesIn = 0;
  bytesOut = 0;
  itemsIn = 0;
  itemsOut = 0;
  unknown = 0;

  constructor(
    readonly procedure: string,
    readonly kind: CallEnded['call']['kind'],
  ) {}

  add({ code, executed, ms, handlerMs, idempotency, ...sizes }: CallEnded): void {
    raise(this.codes, code);
    if (executed === 'unknown') this.unknown++;
    if (idempotency !== undefined) raise(this.outcomes, idempotency);
    this.bytesIn += sizes.bytesIn;
    this.bytesOut += sizes.bytesOut;
    if (this.kind === 'stream') {
      this.itemsIn += sizes.itemsIn;
      this.itemsOut += sizes.itemsOut;
      return;
    }
    this.all.add(ms);
    if (handlerMs !== undefined) this.handler.add(handlerMs);
  }
}

/** The calls of all procedures: each is one look into a table, as there may be very many. */
export class CallTally {
  readonly #kinds = {
    call: new Map<string, ProcedureTally>(),
    stream: new Map<string, ProcedureTally>(),
    publish: new Map<string, ProcedureTally>(),
  } as const;

  add(event: CallEnded): void {
    const { procedure, kind } = event.call;
    const procedures = this.#kinds[kind];
    let tally = procedures.get(procedure);
    if (tally === undefined) {
      procedures.set(procedure, (tally = new ProcedureTally(procedure, kind)));
    }
    tally.add(event);
  }

  /** How to read each metric of calls, but for how long they took. */
  get readings() {
    return [
      { name: 'trunkline_calls_total' as const, read: () => this.#calls() },
      { name: 'trunkline_calls_unknown_total' as const, read: () => this.#unknown() },
      { name: 'trunkline_call_bytes_total' as const, read: () => this.#bytes() },
      { name: 'trunkline_stream_items_total' as const, read: () => this.#items() },
      { name: 'trunkline_idempotent_calls_total' as const, read: () => this.#idempotent() },
    ];
  }

  /** How long calls took, or their handlers alone. */
  durations(of: 'all' | 'handler'): LabelledDuration[] {
    const timed = this.#known.filter(({ kind }) => kind !== 'stream');
    return timed.map((tally) => ({ labels: [tally.procedure], of: tally[of] }));
  }

  #calls(): LabelledValue[] {
    return this.#all.flatMap(({ procedure, kind, codes }) =>
      [...codes].map(([code, value]) => ({ labels: [procedure, kind, code], value })),
    );
  }

  #unknown(): LabelledValue[] {
    return this.#known.map(({ procedure, unknown }) => ({ labels: [procedure], value: unknown }));
  }

  #bytes(): LabelledValue[] {
    return this.#known.flatMap((tally) => both(tally.procedure, tally.bytesIn, tally.bytesOut));
  }

  #items(): LabelledValue[] {
    const streams = this.#known.filter(({ kind }) => kind === 'stream');
    return streams.flatMap((tally) => both(tally.procedure, tally.itemsIn, tally.itemsOut));
  }

  #idempotent(): LabelledValue[] {
    return this.#known.flatMap(({ procedure, outcomes }) =>
      [...outcomes].map(([outcome, value]) => ({ labels: [procedure, outcome], value })),
    );
  }

  get #all(): ProcedureTally[] {
    return Object.values(this.#kinds).flatMap((procedures) => [...procedures.values()]);
  }

  /** A name is of one kind, but for what the server does not have, which was never run. */
  get #known(): ProcedureTally[] {
    return this.#all.filter(({ procedure }) => procedure !== UNKNOWN);
  }
}

/** Name of what a server does not have. */
const UNKNOWN = '(unknown)';

function raise(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function both(procedure: string, received: number, sent: number): LabelledValue[] {
  return [
    { labels: [procedure, 'in'], value: received },
    { labels: [procedure, 'out'], value: sent },
  ];
}

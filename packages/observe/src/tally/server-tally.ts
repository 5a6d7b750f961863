import { closeCodeOf } from '@trunkline/protocol';
import type { Observed, Observer } from '@trunkline/server/operations';
import { CallTally } from './call-tally.js';
import { Counts, type LabelledValue } from './counts.js';
import { Durations, type LabelledDuration } from './durations.js';
import { METRICS, type MetricOf } from './metric-table.js';
import { serverReadings, type ServerReading } from './server-gauges.js';

/** Metrics that are counted by themselves, beside those of calls and of what is looked at. */
type Counted = Exclude<
  MetricOf<'counter'>,
  | `trunkline_topic_${string}`
  | `trunkline_call_${string}`
  | `trunkline_calls_${string}`
  | 'trunkline_stream_items_total'
  | 'trunkline_idempotent_calls_total'
>;
type Timed = Exclude<
  MetricOf<'histogram'>,
  'trunkline_call_duration_seconds' | 'trunkline_handler_duration_seconds'
>;

/** WebSocket's own close codes that a peer may give, beside those of the protocol. */
const CUTS: ReadonlySet<number> = new Set([1005, 1006]);

/** A counter or gauge, and how to read its values. */
export interface ReadableValues {
  readonly name: MetricOf<'counter' | 'gauge'>;
  readonly read: () => Iterable<LabelledValue>;
}

/** A histogram, and how to read its durations. */
export interface ReadableDurations {
  readonly name: MetricOf<'histogram'>;
  readonly read: () => Iterable<LabelledDuration>;
}

/**
 * Counts what happens in servers: each metric of the table, whoever reads it. To count an event costs
 * next to nothing; what it comes to is put together when somebody reads.
 */
export class ServerTally implements Observer {
  readonly #calls = new CallTally();
  readonly #counted = new Map<Counted, Counts>();
  readonly #timed = new Map<Timed, Durations>();
  readonly #servers = new Set<ServerReading>();

  constructor() {
    for (const name of COUNTED) {
      const counts = new Counts();
      if (METRICS[name].labels.length === 0) counts.add([], 0);
      this.#counted.set(name, counts);
    }
    // What rises from nothing is no rise to who computes rates, so the first loss would be unseen.
    for (const outcome of RESUMES) this.#counted.get('trunkline_resumes_total')?.add([outcome], 0);
    for (const name of TIMED) this.#timed.set(name, new Durations());
  }

  /** Counters and gauges. */
  get values(): ReadableValues[] {
    const counted = Array.from(this.#counted, ([name, counts]) => {
      return { name, read: () => counts.values() };
    });
    return [...counted, ...this.#calls.readings, ...serverReadings(this.#servers)];
  }

  /** Histograms. */
  get durations(): ReadableDurations[] {
    const calls = this.#calls;
    const timed = Array.from(this.#timed, ([name, durations]) => {
      return { name, read: () => durations.values() };
    });
    return [
      ...timed,
      { name: 'trunkline_call_duration_seconds', read: () => calls.durations('all') },
      { name: 'trunkline_handler_duration_seconds', read: () => calls.durations('handler') },
    ];
  }

  /** Looks at a server too when somebody reads; gives the undoing. */
  watch(server: ServerReading): () => void {
    this.#servers.add(server);
    return () => void this.#servers.delete(server);
  }

  connectionOpened(): void {
    this.#count('trunkline_connections_opened_total');
  }

  connectionClosed({ code, by }: Observed<'connectionClosed'>): void {
    const isKnown = closeCodeOf(code) !== undefined || CUTS.has(code);
    this.#count('trunkline_connections_closed_total', isKnown ? String(code) : 'other', by);
  }

  connectionRefused({ status, code }: Observed<'connectionRefused'>): void {
    const answer = code === undefined ? `HTTP ${status}` : `close ${code}`;
    this.#count('trunkline_connections_refused_total', answer);
  }

  authDecided(event: Observed<'authDecided'>): void {
    const { outcome, code, ms } = event;
    this.#count('trunkline_auth_total', event.for, outcome, code === undefined ? '' : String(code));
    this.#time('trunkline_auth_duration_seconds', ms, event.for);
  }

  sessionOpened(): void {
    this.#count('trunkline_sessions_opened_total');
  }

  sessionResumed(): void {
    this.#count('trunkline_resumes_total', 'resumed');
  }

  sessionGone({ reason }: Observed<'sessionGone'>): void {
    this.#count('trunkline_resumes_total', reason);
  }

  sessionEnded({ reason }: Observed<'sessionEnded'>): void {
    this.#count('trunkline_sessions_ended_total', reason);
  }

  callEnded(event: Observed<'callEnded'>): void {
    this.#calls.add(event);
  }

  clientCallEnded({ procedure, code, ms }: Observed<'clientCallEnded'>): void {
    this.#count('trunkline_client_calls_total', procedure, code);
    this.#time('trunkline_client_call_duration_seconds', ms, procedure);
  }

  subscribed({ topic, state }: Observed<'subscribed'>): void {
    this.#count('trunkline_subscribes_total', topic, state);
  }

  subscriptionEnded({ topic, reason }: Observed<'subscriptionEnded'>): void {
    this.#count('trunkline_subscriptions_ended_total', topic, reason);
  }

  gapTold({ topic, reason }: Observed<'gapTold'>): void {
    this.#count('trunkline_gaps_total', topic, reason);
  }

  publishEnded({ topic, by, ok, ms }: Observed<'publishEnded'>): void {
    this.#count('trunkline_publishes_total', topic, by, ok ? 'stored' : 'failed');
    this.#time('trunkline_publish_duration_seconds', ms, topic);
  }

  messageDelivered({ topic, bytes }: Observed<'messageDelivered'>): void {
    this.#count('trunkline_messages_total', topic);
    this.#counted.get('trunkline_message_bytes_total')?.add([topic], bytes);
  }

  limitHit({ limit, reaction }: Observed<'limitHit'>): void {
    this.#count('trunkline_limits_hit_total', limit, reaction);
  }

  drainStarted(): void {
    this.#count('trunkline_drains_total');
  }

  drainEnded({ ms, unknown }: Observed<'drainEnded'>): void {
    this.#time('trunkline_drain_duration_seconds', ms);
    this.#counted.get('trunkline_drain_unknown_total')?.add([], unknown);
  }

  leaked({ procedure }: Observed<'leaked'>): void {
    this.#count('trunkline_leaks_total', procedure);
  }

  #count(name: Counted, ...labels: string[]): void {
    this.#counted.get(name)?.add(labels);
  }

  #time(name: Timed, ms: number, ...labels: string[]): void {
    this.#timed.get(name)?.add(labels, ms);
  }
}

const RESUMES = Object.keys({
  resumed: true,
  unknown: true,
  expired: true,
  overflow: true,
  principal: true,
  node: true,
  drained: true,
  codec: true,
  revoked: true,
} satisfies Record<'resumed' | Observed<'sessionGone'>['reason'], true>);

const COUNTED = Object.keys({
  trunkline_connections_opened_total: true,
  trunkline_connections_closed_total: true,
  trunkline_connections_refused_total: true,
  trunkline_auth_total: true,
  trunkline_sessions_opened_total: true,
  trunkline_sessions_ended_total: true,
  trunkline_resumes_total: true,
  trunkline_client_calls_total: true,
  trunkline_subscribes_total: true,
  trunkline_subscriptions_ended_total: true,
  trunkline_gaps_total: true,
  trunkline_publishes_total: true,
  trunkline_messages_total: true,
  trunkline_message_bytes_total: true,
  trunkline_limits_hit_total: true,
  trunkline_drains_total: true,
  trunkline_drain_unknown_total: true,
  trunkline_leaks_total: true,
} satisfies Record<Counted, true>) as Counted[];

const TIMED = Object.keys({
  trunkline_auth_duration_seconds: true,
  trunkline_client_call_duration_seconds: true,
  trunkline_publish_duration_seconds: true,
  trunkline_drain_duration_seconds: true,
} satisfies Record<Timed, true>) as Timed[];

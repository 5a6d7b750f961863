/** What a metric is. */
export interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/**
 * Every metric there is. Labels have few values: names of procedures and topics are those of the
 * contracts, and whatever else a client can choose is `(unknown)` or `other`.
 */
export const METRICS = {
  trunkline_connections: { type: 'gauge', labels: [], help: 'Connections that are open' },
  trunkline_connections_opened_total: {
    type: 'counter',
    labels: [],
    help: 'Connections that were opened',
  },
  trunkline_connections_closed_total: {
    type: 'counter',
    labels: ['code', 'by'],
    help: 'Connections that have ended, by close code and by who has ended them',
  },
  trunkline_connections_refused_total: {
    type: 'counter',
    labels: ['answer'],
    help: 'Upgrades that were refused, by HTTP status or close code',
  },
  trunkline_auth_total: {
    type: 'counter',
    labels: ['for', 'outcome', 'code'],
    help: 'Decisions on who a client is: at hello, at resume, at refresh',
  },
  trunkline_auth_duration_seconds: {
    type: 'histogram',
    labels: ['for'],
    help: 'How long it took to decide who a client is',
  },
  trunkline_sessions: {
    type: 'gauge',
    labels: ['state'],
    help: 'Sessions, attached to a connection or detached',
  },
  trunkline_sessions_opened_total: {
    type: 'counter',
    labels: [],
    help: 'Sessions that were opened',
  },
  trunkline_sessions_ended_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Sessions that have ended',
  },
  trunkline_resumes_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Clients that came back for their session: resumed, or why it was gone',
  },
  trunkline_calls_running: { type: 'gauge', labels: [], help: 'Handlers that run' },
  trunkline_calls_total: {
    type: 'counter',
    labels: ['procedure', 'kind', 'code'],
    help: 'Calls, streams and publishes of clients that were answered, by code',
  },
  trunkline_calls_unknown_total: {
    type: 'counter',
    labels: ['procedure'],
    help: 'Calls whose callers were told that it is not known whether the handler ran',
  },
  trunkline_call_duration_seconds: {
    type: 'histogram',
    labels: ['procedure'],
    help: 'From the arrival of a call or publish to its answer; streams last as they last',
  },
  trunkline_handler_duration_seconds: {
    type: 'histogram',
    labels: ['procedure'],
    help: 'From the start of the handler of a call to its answer',
  },
  trunkline_call_bytes_total: {
    type: 'counter',
    labels: ['procedure', 'direction'],
    help: 'Bytes of inputs, outputs and items',
  },
  trunkline_stream_items_total: {
    type: 'counter',
    labels: ['procedure', 'direction'],
    help: 'Items of streams',
  },
  trunkline_idempotent_calls_total: {
    type: 'counter',
    labels: ['procedure', 'outcome'],
    help: 'Calls with an idempotency key: ran, joined a run, or got a kept outcome',
  },
  trunkline_client_calls_total: {
    type: 'counter',
    labels: ['procedure', 'code'],
    help: 'Calls of the server to clients, by code',
  },
  trunkline_client_call_duration_seconds: {
    type: 'histogram',
    labels: ['procedure'],
    help: 'How long clients took to answer',
  },
  trunkline_subscriptions: { type: 'gauge', labels: [], help: 'Subscriptions' },
  trunkline_topics: { type: 'gauge', labels: [], help: 'Topics that somebody is subscribed to' },
  trunkline_subscribes_total: {
    type: 'counter',
    labels: ['topic', 'state'],
    help: 'Subscriptions that have begun: fresh, recovered, or with a gap',
  },
  trunkline_subscriptions_ended_total: {
    type: 'counter',
    labels: ['topic', 'reason'],
    help: 'Subscriptions that have ended or were refused',
  },
  trunkline_gaps_total: {
    type: 'counter',
    labels: ['topic', 'reason'],
    help: 'Gaps that subscribers were told of',
  },
  trunkline_publishes_total: {
    type: 'counter',
    labels: ['topic', 'by', 'outcome'],
    help: 'Messages that were given to the broker',
  },
  trunkline_publish_duration_seconds: {
    type: 'histogram',
    labels: ['topic'],
    help: 'How long the broker took for a message',
  },
  trunkline_messages_total: {
    type: 'counter',
    labels: ['topic'],
    help: 'Messages of a broker for subscribers of this node',
  },
  trunkline_message_bytes_total: {
    type: 'counter',
    labels: ['topic'],
    help: 'Bytes of those messages, each counted once',
  },
  trunkline_topic_offered_total: {
    type: 'counter',
    labels: ['topic'],
    help: 'Offsets that subscriptions have gone past: delivered, conflated and gap together',
  },
  trunkline_topic_delivered_total: {
    type: 'counter',
    labels: ['topic'],
    help: 'Messages that were sent to a subscriber',
  },
  trunkline_topic_conflated_total: {
    type: 'counter',
    labels: ['topic'],
    help: 'Offsets left out as a newer message of their key was sent',
  },
  trunkline_topic_gap_total: {
    type: 'counter',
    labels: ['topic'],
    help: 'Offsets that subscribers were told they will not get',
  },
  trunkline_topic_queued: {
    type: 'gauge',
    labels: ['topic'],
    help: 'Offsets that subscribers who are slow have yet to get',
  },
  trunkline_outbox_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Bytes that wait to be written, here or in sockets',
  },
  trunkline_unacked_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Bytes that were written and are not acknowledged',
  },
  trunkline_limits_hit_total: {
    type: 'counter',
    labels: ['limit', 'reaction'],
    help: 'Limits that somebody has met',
  },
  trunkline_ready: {
    type: 'gauge',
    labels: [],
    help: 'Servers that take new sessions: 0 while the only one drains',
  },
  trunkline_drains_total: { type: 'counter', labels: [], help: 'Drains that were started' },
  trunkline_drain_duration_seconds: {
    type: 'histogram',
    labels: [],
    help: 'How long drains took',
  },
  trunkline_drain_unknown_total: {
    type: 'counter',
    labels: [],
    help: 'Handlers that still ran when a drain ended',
  },
  trunkline_leaks_total: {
    type: 'counter',
    labels: ['procedure'],
    help: 'Handlers that went on after their end; with the option leaks',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

/** Name of a metric. */
export type MetricName = keyof typeof METRICS;

/** Names of the metrics of one type. */
export type MetricOf<Type extends MetricRow['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];

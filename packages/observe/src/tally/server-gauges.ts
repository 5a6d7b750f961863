import type { Server } from '@trunkline/server';
import type { LabelledValue } from './counts.js';
import type { MetricName } from './metric-table.js';

/** What is read of servers when somebody scrapes. */
export type ServerReading = Pick<Server, 'counts' | 'topicCounts' | 'ready'>;

type Count = keyof Server['counts'];

/** Metrics that are one number of all servers together. */
const COUNTS = {
  trunkline_connections: 'connections',
  trunkline_calls_running: 'calls',
  trunkline_subscriptions: 'subscriptions',
  trunkline_topics: 'topics',
  trunkline_outbox_bytes: 'outboxBytes',
  trunkline_unacked_bytes: 'unackedBytes',
} as const satisfies { readonly [Name in MetricName]?: Count };

/** Metrics that are one number for each topic. */
const TOPIC_COUNTS = {
  trunkline_topic_offered_total: 'offered',
  trunkline_topic_delivered_total: 'delivered',
  trunkline_topic_conflated_total: 'conflated',
  trunkline_topic_gap_total: 'gap',
  trunkline_topic_queued: 'queued',
} as const;

/** Gives how to read each metric that is not counted but looked at. */
export function serverReadings(servers: ReadonlySet<ServerReading>) {
  const total = (count: Count): number =>
    [...servers].reduce((sum, { counts }) => sum + counts[count], 0);
  const one = (value: number): LabelledValue[] => [{ labels: [], value }];
  const sessions = (): LabelledValue[] => {
    const detached = total('detached');
    return [
      { labels: ['attached'], value: total('sessions') - detached },
      { labels: ['detached'], value: detached },
    ];
  };
  return [
    { name: 'trunkline_sessions' as const, read: sessions },
    { name: 'trunkline_ready' as const, read: () => one(readyOf(servers)) },
    ...entriesOf(COUNTS).map(([name, count]) => ({ name, read: () => one(total(count)) })),
    ...entriesOf(TOPIC_COUNTS).map(([name, count]) => ({
      name,
      read: () => perTopic(servers, count),
    })),
  ];
}

function readyOf(servers: ReadonlySet<ServerReading>): number {
  return [...servers].filter((server) => server.ready()).length;
}

function perTopic(
  servers: ReadonlySet<ServerReading>,
  count: (typeof TOPIC_COUNTS)[keyof typeof TOPIC_COUNTS],
): LabelledValue[] {
  const sums = new Map<string, number>();
  for (const { topicCounts } of servers) {
    for (const counts of topicCounts) {
      sums.set(counts.topic, (sums.get(counts.topic) ?? 0) + counts[count]);
    }
  }
  return Array.from(sums, ([topic, value]) => ({ labels: [topic], value }));
}

function entriesOf<Key extends string, Value>(table: Readonly<Record<Key, Value>>) {
  return Object.entries(table) as [Key, Value][];
}

import type { LimitTable, LimitValues } from '@trunkline/protocol';

/** Limits of the memory broker beside what each topic says it keeps. */
export const MEMORY_BROKER_LIMITS = {
  publishers: {
    value: 100_000,
    unit: 'items',
    scope: 'node: publishers whose publish ids are remembered',
    onExcess: 'BUSY for a new one',
    reaction: { kind: 'error', code: 'BUSY' },
    reason: 'one forgotten early could store a message twice',
  },
  publisherTopics: {
    value: 1_024,
    unit: 'items',
    scope: 'publisher: topics on which its publish ids are remembered',
    onExcess: 'BUSY for a new one',
    reaction: { kind: 'error', code: 'BUSY' },
    reason: 'as many as a session may subscribe to',
  },
  publisherMs: {
    value: 300_000,
    unit: 'ms',
    scope: 'publish id, after its last use',
    onExcess: 'forgotten',
    reaction: { kind: 'none' },
    reason: 'longer than anybody repeats a publish',
  },
  publishIds: {
    value: 1_000_000,
    unit: 'items',
    scope: 'node: publish ids that are remembered, one for each publisher and topic',
    onExcess: 'BUSY for a new one',
    reaction: { kind: 'error', code: 'BUSY' },
    reason: 'one forgotten early could store a message twice',
  },
  keptTopics: {
    value: 100_000,
    unit: 'items',
    scope: 'node: topics with kept messages',
    onExcess: 'the one used longest ago loses them',
    reaction: { kind: 'none' },
    reason: 'clients may name topics without end, each below what one topic keeps',
  },
  keptBytes: {
    value: 268_435_456,
    unit: 'bytes',
    scope: 'node: kept messages of all topics, each with 256 bytes more',
    onExcess: 'the topic used longest ago loses its own',
    reaction: { kind: 'none' },
    reason: 'fits beside the connections of a node',
  },
  idleTopics: {
    value: 100_000,
    least: 0,
    unit: 'items',
    scope: 'node: topics without subscribers and without kept messages',
    onExcess: 'the one idle longest begins again with another epoch',
    reaction: { kind: 'none' },
    reason: 'whoever comes back to one is told that nothing was missed',
  },
  sweepMs: {
    value: 10_000,
    unit: 'ms',
    scope: 'node',
    onExcess: 'memory of what is too old is freed',
    reaction: { kind: 'none' },
    reason: 'short beside what topics keep; readers never see what is too old',
  },
} as const satisfies LimitTable;

/** The values of the memory broker's limits. */
export type MemoryBrokerLimits = LimitValues<typeof MEMORY_BROKER_LIMITS>;

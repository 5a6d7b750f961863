import { getHeapStatistics } from 'node:v8';
import {
  DECODE_LIMITS,
  resolveLimits,
  SESSION_LIMITS as TOLD_LIMITS,
  WIRE_LIMITS,
  type LimitEntry,
  type LimitTable,
  type LimitValues,
  type SessionLimits,
} from '@trunkline/protocol';
import { CALL_LIMITS } from './call-limits.js';
import { CONNECTION_LIMITS } from './connection-limits.js';
import { FIXED_LIMITS } from './fixed-limits.js';
import { IDEMPOTENCY_LIMITS } from './idempotency-limits.js';
import { assertOrder } from './limit-order.js';
import { MEMORY_BROKER_LIMITS } from './memory-broker-limits.js';
import { SESSION_LIMITS } from './session-limits.js';
import { TOPIC_LIMITS } from './topic-limits.js';

/** Limits that a server sets for its peers; each is an option of the same name. */
export const SERVER_LIMITS = {
  ...CONNECTION_LIMITS,
  ...SESSION_LIMITS,
  ...CALL_LIMITS,
  ...IDEMPOTENCY_LIMITS,
  ...TOPIC_LIMITS,
  ...FIXED_LIMITS,
} as const satisfies LimitTable;

const ALL_LIMITS = { ...WIRE_LIMITS, ...DECODE_LIMITS, ...SERVER_LIMITS };

/** The values of all limits that hold at a server. */
export type ServerLimits = LimitValues<typeof ALL_LIMITS>;

/** One row of what `server.limits.list()` gives. */
export interface LimitRow extends LimitEntry {
  readonly name: string;
}

/** A heartbeat spreads its pings up to this much beyond `idleMs`. */
const IDLE_SPREAD = 1.2;

/**
 * Fills in the limits that an application does not set. Throws a TypeError as `resolveLimits`, and
 * for limits that contradict each other.
 */
export function resolveServerLimits(overrides: Partial<ServerLimits> | undefined): ServerLimits {
  const limits = resolveLimits(ALL_LIMITS, { outboxNodeBytes: quarterOfHeap(), ...overrides });
  const { idleMs } = limits;
  // A client has the limit of the wire, whatever this server allows itself.
  const deadMs = Math.min(limits.deadMs, WIRE_LIMITS.deadMs.value);
  if (idleMs * IDLE_SPREAD >= deadMs) {
    throw new TypeError(
      `limit idleMs is "${idleMs}", and connections are cut after "${deadMs}" of silence, before ` +
        `they are pinged: expected idleMs * ${IDLE_SPREAD} below that`,
    );
  }
  assertOrder(limits);
  return limits;
}

/** The standard value, or less where the process has a small heap. */
function quarterOfHeap(): number {
  const { heap_size_limit: heapBytes } = getHeapStatistics();
  return Math.min(TOPIC_LIMITS.outboxNodeBytes.value, Math.floor(heapBytes / 4));
}

/**
 * Lists every limit with the value that holds. Those of the memory broker are among them where the
 * server has made it for itself: what an application's own broker holds to is not known here.
 */
export function listLimits(
  limits: ServerLimits,
  { ownsBroker }: { readonly ownsBroker: boolean },
): LimitRow[] {
  const rows = Object.entries(ALL_LIMITS).map(([name, entry]) => ({
    ...entry,
    name,
    value: limits[name as keyof ServerLimits],
  }));
  if (!ownsBroker) return rows;
  return [
    ...rows,
    ...Object.entries(MEMORY_BROKER_LIMITS).map(([name, entry]) => ({ ...entry, name })),
  ];
}

/** Gives, of all limits, those that a client is told. */
export function toldLimits(limits: SessionLimits): SessionLimits {
  const told = Object.keys(TOLD_LIMITS) as (keyof SessionLimits)[];
  return Object.fromEntries(told.map((name) => [name, limits[name]])) as unknown as SessionLimits;
}

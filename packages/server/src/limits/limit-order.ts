import { WIRE_LIMITS } from '@trunkline/protocol';

/** The limits that are checked against each other. */
type Checked = Readonly<Record<(typeof PAIRS)[number][number] | keyof typeof BETWEEN, number>>;

/** The first of each pair must not be above the second. */
const PAIRS = [
  ['busyIdleMs', 'busyDeadMs'],
  ['windowStartBytes', 'windowMaxBytes'],
  ['windowMinBytes', 'windowMaxBytes'],
  ['outboxBytes', 'outboxMaxBytes'],
  ['outboxMessages', 'outboxMaxMessages'],
  ['heldBytes', 'heldMaxBytes'],
  ['deadlineMs', 'maxDeadlineMs'],
  ['downCreditItems', 'downCreditMaxItems'],
  ['downCreditBytes', 'downCreditMaxBytes'],
  ['upCreditItems', 'upCreditMaxItems'],
  ['upCreditBytes', 'upCreditMaxBytes'],
  ['upCreditBytes', 'upCreditSessionBytes'],
  ['chunkBytes', 'batchCloseBytes'],
] as const;

/** Clients have the limits of the wire, whatever a server allows itself. */
const WIRE_BATCH = WIRE_LIMITS.batchBytes.value;

const BETWEEN = {
  // Above it, 16 bits of a number may mean two messages.
  unackedMessages: { from: 1, to: 32_767 },
  // Smaller ones would be more envelope than value, and cost a number each.
  chunkBytes: { from: 1_024, to: WIRE_BATCH / 2 },
  cutBytes: { from: 1, to: WIRE_BATCH / 2 },
  batchCloseBytes: { from: 1_024, to: WIRE_BATCH },
  // What our own clients offer must fit.
  subprotocols: { from: 2, to: 64 },
  subprotocolBytes: { from: 64, to: 4_096 },
} as const;

/** Throws a TypeError for limits that contradict each other or what clients hold to. */
export function assertOrder(limits: Checked): void {
  for (const name of Object.keys(BETWEEN) as (keyof typeof BETWEEN)[]) {
    const { from, to } = BETWEEN[name];
    if (limits[name] >= from && limits[name] <= to) continue;
    throw new TypeError(`limit ${name} is "${limits[name]}": expected ${from} to ${to}`);
  }
  for (const [lower, upper] of PAIRS) {
    if (limits[lower] <= limits[upper]) continue;
    throw new TypeError(
      `limit ${lower} is "${limits[lower]}": expected at most ${upper}, which is "${limits[upper]}"`,
    );
  }
}
